/** When requests carry an Origin. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { messageSend } from "../a2a/envelope.ts";
import { PermanentError, TransientError } from "../errors.ts";
import { ScriptedPlatform, W } from "./scripted_platform_test.ts";

const signal = new AbortController().signal;
const rows = () => new Response("[]");
const found = () => Response.json({ id: W });

Deno.test("a peer's answer sets neither the clock nor the Origin", async () => {
  await using platform = new ScriptedPlatform(() =>
    new Response(null, {
      status: 403,
      headers: { date: "Thu, 01 Jan 1970 00:00:00 GMT" },
    })
  );
  const client = platform.client();
  platform.script = tenant;
  await client.lookUp(W, signal);
  platform.script = () =>
    new Response(null, {
      status: 403,
      headers: { date: "Thu, 01 Jan 1970 00:00:00 GMT" },
    });
  const before = platform.asked.length;
  await client.a2a(
    "p",
    messageSend({
      id: "m",
      contextId: "",
      taskId: "",
      parts: [],
      metadata: {},
    }),
    signal,
  );
  assertEquals(platform.asked.length, before + 1, "it is not repeated");
  assert(client.platformNow() > Date.UTC(2020, 0));
  platform.script = rows;
  await client.activity({ limit: 1 }, signal);
  assertEquals(
    platform.asked.at(-1)!.headers.get("origin"),
    platform.url,
  );
});

/** Wants an Origin, as a hosted tenant does. */
function tenant(request: Request): Response {
  return request.headers.has("origin")
    ? found()
    : Response.json({ code: "TENANT_ORG_HEADER_REQUIRED" }, { status: 400 });
}

const origins = (platform: ScriptedPlatform) =>
  platform.asked.map(({ headers }) => headers.get("origin"));

Deno.test("origin auto: a look-up that the platform answers needs none", async () => {
  await using platform = new ScriptedPlatform(found);
  const client = platform.client();
  await client.lookUp(W, signal);
  await client.activity({ limit: 1 }, signal).catch(() => {});
  assertEquals(origins(platform), [null, null]);
});

Deno.test("origin auto: where the look-up shows that it is wanted, it is kept", async () => {
  await using platform = new ScriptedPlatform(tenant);
  const client = platform.client();
  assertEquals((await client.lookUp(W, signal)).found, "yes");
  await client.activity({ limit: 1 }, signal).catch(() => {});
  assertEquals(origins(platform), [null, platform.url, platform.url]);
});

for (
  const [what, script] of [
    ["an empty 404", () => new Response(null, { status: 404 })],
    ["a web page", () => new Response("<!doctype html>")],
    ["an empty 403", () => new Response(null, { status: 403 })],
  ] as const
) {
  Deno.test(`origin auto: where ${what} comes either way, it is not kept`, async () => {
    await using platform = new ScriptedPlatform(script);
    const client = platform.client();
    assertEquals((await client.lookUp(W, signal)).found, "not answered");
    platform.script = rows;
    await client.activity({ limit: 1 }, signal);
    assertEquals(origins(platform), [null, platform.url, null]);
  });
}

for (const status of [500, 503, 429]) {
  Deno.test(`origin auto: a ${status} of the look-up says nothing about it`, async () => {
    await using platform = new ScriptedPlatform(() =>
      new Response(null, { status })
    );
    await platform.client().lookUp(W, signal);
    assertEquals(origins(platform), [null]);
  });
}

Deno.test("origin auto: looking up another workspace does not try it", async () => {
  await using platform = new ScriptedPlatform(tenant);
  await platform.client().lookUp("p-1", signal);
  assertEquals(origins(platform), [null]);
});

Deno.test("origin auto: an empty 403 drops it, and the request is repeated without", async () => {
  await using platform = new ScriptedPlatform(tenant);
  const client = platform.client();
  await client.lookUp(W, signal);
  platform.script = (request) =>
    request.headers.has("origin")
      ? new Response(null, { status: 403 })
      : rows();
  await client.activity({ limit: 1 }, signal);
  await client.activity({ limit: 1 }, signal);
  assertEquals(origins(platform).slice(2), [platform.url, null, null]);
});

Deno.test("origin on: it always goes, also after an empty 403", async () => {
  await using platform = new ScriptedPlatform(() =>
    new Response(null, { status: 403 })
  );
  const client = platform.client({
    origin: "on",
    apiUrl: `${platform.url}/base`,
  });
  await assertRejects(
    () => client.activity({ limit: 1 }, signal),
    TransientError,
  );
  await assertRejects(
    () => client.activity({ limit: 1 }, signal),
    TransientError,
  );
  assertEquals(origins(platform), [platform.url, platform.url]);
});

Deno.test("origin off: it never goes", async () => {
  await using platform = new ScriptedPlatform(tenant);
  const client = platform.client({ origin: "off" });
  assertEquals((await client.lookUp(W, signal)).found, "not answered");
  await assertRejects(
    () => client.activity({ limit: 1 }, signal),
    TransientError,
  );
  assertEquals(origins(platform), [null, null]);
});

Deno.test("a 401 is no reason to try an Origin", async () => {
  await using platform = new ScriptedPlatform(() =>
    Response.json({ error: "x" }, { status: 401 })
  );
  await assertRejects(
    () => platform.client().activity({ limit: 1 }, signal),
    PermanentError,
  );
  assertEquals(origins(platform), [null]);
});
