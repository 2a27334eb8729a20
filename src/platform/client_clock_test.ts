import { assertEquals } from "@std/assert";
import { PlatformClient } from "./client.ts";

Deno.test("the platform's clock is that of its headers, however long the body takes to come", async () => {
  const { fetch: realFetch } = globalThis;
  const realNow = Date.now;
  const headersAt = Date.UTC(2026, 7, 14, 9, 33, 4);
  let ours = headersAt - 60_000; // a minute behind
  const body = new ReadableStream({
    pull(sink) {
      ours += 8_000;
      sink.enqueue(new TextEncoder().encode("[]"));
      sink.close();
    },
  }, { highWaterMark: 0 });
  using client = new PlatformClient({
    apiUrl: "http://127.0.0.1:9",
    workspaceId: "w",
    token: "",
    origin: "off",
    timeoutMs: 30_000,
    redact: (text) => text,
    onInboundSecret: () => {},
  });
  try {
    Date.now = () => ours;
    globalThis.fetch = () =>
      Promise.resolve(
        new Response(body, {
          headers: { date: new Date(headersAt).toUTCString() },
        }),
      );
    const { signal } = new AbortController();
    await client.activity({ sinceSecs: 5, limit: 50 }, signal);
    assertEquals(client.platformNow(), headersAt + 8_000);
  } finally {
    Date.now = realNow;
    globalThis.fetch = realFetch;
  }
});
