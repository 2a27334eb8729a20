import { assert, assertEquals, assertRejects } from "@std/assert";
import type { PlatformClient } from "../platform/client.ts";
import { ScriptedPlatform, W } from "../platform/scripted_platform_test.ts";
import type { OutboxEntry } from "../state/state.ts";
import { type Outcome, tryA2a, tryNotify } from "./attempt.ts";

const signal = new AbortController().signal;
const entry: OutboxEntry = {
  id: "m-1",
  row: "r-1",
  peer: "p-1",
  origin: "peer",
  lane: "l",
  steps: ["a2a"],
  context: "c-1",
  task: "",
  metadata: { reply: true },
  saved: 0,
  tries: 0,
};
const parts = [{ kind: "text", text: "one" }, {
  kind: "text",
  text: "two",
}] as const;

const json = (status: number, body: unknown, retryAfter?: string) => () =>
  Response.json(body, {
    status,
    headers: retryAfter === undefined ? {} : { "retry-after": retryAfter },
  });
const error = (status: number, text = "x", retryAfter?: string) =>
  json(status, { error: text }, retryAfter);
const empty = (status: number) => () => new Response(null, { status });
const html = (status: number) => () =>
  new Response("<!doctype html>", {
    status,
    headers: { "content-type": "text/html" },
  });

/** An answer, and what it comes to; `polls` and `afterMs` where they are told. */
type Case = readonly [
  what: string,
  answer: () => Response,
  is: Outcome["is"],
  more?: Partial<Record<string, unknown>>,
];

const A2A: readonly Case[] = [
  [
    "queued by poll",
    json(200, { status: "queued", delivery_mode: "poll" }),
    "delivered",
    { polls: true },
  ],
  [
    "queued by push",
    json(200, { status: "queued", delivery_mode: "push-async" }),
    "delivered",
    { polls: false },
  ],
  [
    "queued in a boot turn",
    json(200, { status: "queued", queued: true, queue_id: "q" }),
    "delivered",
  ],
  ["202 queued", json(202, { queued: true, queue_id: "q" }), "delivered"],
  ["a peer's own answer", json(200, { result: { parts: [] } }), "delivered"],
  [
    "a peer's JSON-RPC error",
    json(200, { error: { code: -32000 } }),
    "delivered",
  ],
  ["an empty 200", empty(200), "delivered"],
  ["HTML with 200", html(200), "unknown"],
  [
    "a redirect",
    () => new Response(null, { status: 307, headers: { location: "/y" } }),
    "dead",
  ],
  ["400", error(400), "dead"],
  ["401", error(401), "refused"],
  ["402", error(402), "dead"],
  ["403 access denied", error(403, "access denied: other org"), "refused"],
  ["403 tool call failed", error(403, "tool call failed"), "dead"],
  ["an empty 403", empty(403), "refused"],
  ["404 of the platform", error(404, "workspace not found"), "dead"],
  ["an empty 404", empty(404), "refused"],
  ["404 of a proxy", html(404), "refused"],
  ["408", error(408), "busy"],
  ["410", error(410, "workspace removed"), "dead"],
  ["413", error(413), "dead"],
  ["425", error(425), "busy"],
  ["429", error(429, "slow", "7"), "busy", { afterMs: 7_000 }],
  ["500", error(500), "unknown"],
  ["502 of a proxy", html(502), "unknown"],
  ["502 unreached", error(502, "failed to reach workspace agent"), "not sent", {
    unreached: true,
  }],
  [
    "502 unreached, with more words",
    error(502, "failed to reach workspace agent: refused", "3"),
    "not sent",
    { afterMs: 3_000, unreached: true },
  ],
  [
    "502 confirmed",
    json(502, { error: "x", delivery_confirmed: true }),
    "delivered",
  ],
  ["503", json(503, { busy: true }, "30"), "busy", { afterMs: 30_000 }],
  ["504", empty(504), "unknown"],
  ["524", html(524), "unknown"],
  ["a long answer", () => new Response("x".repeat(1_100_000)), "delivered"],
  [
    "a long 500",
    () => new Response("x".repeat(1_100_000), { status: 500 }),
    "unknown",
  ],
];

const NOTIFY: readonly Case[] = [
  ["sent", json(200, { status: "sent" }), "delivered"],
  ["an empty 200", empty(200), "delivered"],
  ["HTML with 200", html(200), "unknown"],
  ["400", error(400, "message is required"), "dead"],
  ["401", error(401), "refused"],
  ["403 talk_to_user_disabled", error(403, "talk_to_user_disabled"), "dead"],
  ["an empty 403", empty(403), "busy"],
  ["404 of the platform", error(404, "workspace not found"), "dead"],
  ["an empty 404", empty(404), "refused"],
  ["404 of a proxy", html(404), "refused"],
  ["410", error(410), "dead"],
  ["429", error(429, "slow", "7"), "busy", { afterMs: 7_000 }],
  ["500", error(500, "internal error"), "unknown"],
  ["502 of a proxy", html(502), "unknown"],
  ["503", error(503, "x", "9"), "unknown", { afterMs: 9_000 }],
  ["a long answer", () => new Response("x".repeat(1_100_000)), "delivered"],
  [
    "a long 500",
    () => new Response("x".repeat(1_100_000), { status: 500 }),
    "unknown",
  ],
];

const TRIES = {
  a2a: (client: PlatformClient) => tryA2a(client, entry, parts, signal),
  notify: (client: PlatformClient) => tryNotify(client, "one\ntwo", signal),
};
for (const [way, cases] of [["a2a", A2A], ["notify", NOTIFY]] as const) {
  for (const [what, answer, is, more] of cases) {
    Deno.test(`${way}: ${what} is ${is}`, async () => {
      await using platform = new ScriptedPlatform(answer);
      const { why, ...outcome } = await TRIES[way](platform.client()) as
        & Outcome
        & { why?: string };
      assertEquals(outcome, { is, ...more } as never);
      assertEquals(
        why === undefined,
        is === "delivered",
        "what is not delivered has a reason",
      );
      assert((why ?? "").length < 400);
    });
  }

  Deno.test(`${way}: a platform that is not there was not sent anything`, async () => {
    const gone = new ScriptedPlatform(empty(200));
    await gone[Symbol.asyncDispose]();
    await using platform = new ScriptedPlatform(empty(200));
    const outcome = await TRIES[way](platform.client({ apiUrl: gone.url }));
    assertEquals(outcome.is, "not sent");
  });

  Deno.test(`${way}: whether an answer that never comes was sent is unknown`, async () => {
    await using platform = new ScriptedPlatform(() => new Promise(() => {}));
    assertEquals(
      (await TRIES[way](platform.client({ timeoutMs: 50 }))).is,
      "unknown",
    );
  });

  Deno.test(`${way}: our own stop is no outcome`, async () => {
    await using platform = new ScriptedPlatform(empty(200));
    const stop = AbortSignal.abort(new Error("our own stop"));
    const client = platform.client();
    await assertRejects(
      () =>
        way === "a2a"
          ? tryA2a(client, entry, parts, stop)
          : tryNotify(client, "one\ntwo", stop),
      Error,
      "our own stop",
    );
    assertEquals(platform.asked, []);
  });
}

Deno.test("a2a sends the answer under its own id, with what links it; notify sends the texts", async () => {
  await using platform = new ScriptedPlatform(empty(200));
  const client = platform.client();
  await TRIES.a2a(client);
  await TRIES.notify(client);
  const [a2a, notify] = platform.asked.map(({ url, body }) => ({
    path: url.pathname,
    body: JSON.parse(body),
  }));
  assertEquals(a2a!.path, "/workspaces/p-1/a2a");
  assertEquals(a2a!.body.params.message, {
    kind: "message",
    role: "agent",
    messageId: "m-1",
    contextId: "c-1",
    parts,
    metadata: { reply: true },
  });
  assertEquals(notify, {
    path: `/workspaces/${W}/notify`,
    body: { message: "one\ntwo" },
  });
});
