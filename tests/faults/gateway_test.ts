import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Gateway, type RawRule } from "./gateway.ts";

function given(rule: Omit<RawRule, "hits">) {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => new Response(`got ${await request.text()}`),
  );
  const gateway = new Gateway(`http://127.0.0.1:${server.addr.port}`);
  const counted = { ...rule, hits: 0 };
  gateway.add(counted);
  const post = (path: string, signal?: AbortSignal) =>
    fetch(gateway.url + path, { method: "POST", body: "x", signal });
  return {
    rule: counted,
    post,
    [Symbol.asyncDispose]: async () => {
      await gateway[Symbol.asyncDispose]();
      await server.shutdown();
    },
  };
}

Deno.test("gateway: a reset is one, once, and other requests pass", async () => {
  await using t = given({
    fault: "reset",
    times: 1,
    when: (line) => line.startsWith("POST /bad"),
  });
  assertEquals(await (await t.post("/good")).text(), "got x");
  const error = await assertRejects(() => t.post("/bad"), TypeError);
  // Which of the two depends on what the other side saw first: the end, or the reset behind it.
  assertMatch(String(error.cause), /reset|closed before message completed/);
  assertEquals(await (await t.post("/bad")).text(), "got x");
  assertEquals(t.rule.hits, 1);
});

Deno.test("gateway: a half-open connection answers nothing, until the caller has had enough", async () => {
  const accepted = Promise.withResolvers<void>();
  await using t = given({
    fault: "half-open",
    times: Infinity,
    when: () => {
      accepted.resolve();
      return true;
    },
  });
  const enough = new AbortController();
  const asked = t.post("/", enough.signal);
  await accepted.promise;
  enough.abort();
  await assertRejects(() => asked, DOMException);
});
