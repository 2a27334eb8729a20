/** What each answer means, endpoint by endpoint. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { messageSend } from "../a2a/envelope.ts";
import { ConnectError, PermanentError, TransientError } from "../errors.ts";
import type { PlatformClient } from "./client.ts";
import { NoAnswerError, TooLargeError } from "./request.ts";
import { ScriptedPlatform, TOKEN, W } from "./scripted_platform_test.ts";

const signal = new AbortController().signal;
const card = { name: "a", description: "b", version: "1" };
const beat = {
  error_rate: 0,
  sample_error: "",
  active_tasks: 0,
  current_task: "",
  uptime_seconds: 1,
};
const UUID = "0f3c8a52-66d1-4b0e-8a55-0d4f7be5a001";

/** The calls that say by a class what an answer means. */
const CALLS: Readonly<
  Record<string, (client: PlatformClient) => Promise<unknown>>
> = {
  register: (client) => client.register(card, signal),
  heartbeat: (client) => client.heartbeat(() => beat, signal),
  feed: (client) => client.activity({ sinceId: UUID, limit: 50 }, signal),
  window: (client) => client.activity({ sinceSecs: 30, limit: 50 }, signal),
  "odd cursor": (client) =>
    client.activity({ sinceId: "act-1", limit: 50 }, signal),
  notify: (client) => client.notify("hi", signal),
};

const HTML = "<!doctype html><title>Molecule</title>";
const html = (status: number) =>
  new Response(HTML, { status, headers: { "content-type": "text/html" } });
const json = (status: number, body: unknown) => Response.json(body, { status });
const error = (status: number, text = "x") => json(status, { error: text });
const empty = (status: number) => new Response(null, { status });

type Meaning = "ok" | "transient" | "permanent";
/** Which meaning an answer has for register, heartbeat, feed, window, odd cursor, notify. */
type Meanings = readonly [Meaning, Meaning, Meaning, Meaning, Meaning, Meaning];
const [O, T, P] = ["ok", "transient", "permanent"] as const;
const all = (
  meaning: Meaning,
): Meanings => [meaning, meaning, meaning, meaning, meaning, meaning];

const TABLE:
  readonly (readonly [what: string, answer: () => Response, Meanings])[] = [
    ["an object", () => json(200, { status: "ok" }), [O, O, T, T, T, O]],
    ["half an object", () => new Response('{"status":"o'), all(T)],
    ["a list", () => json(200, []), [T, T, O, O, O, T]],
    ["JSON null", () => json(200, null), all(T)],
    ["an empty 200", () => empty(200), [O, O, T, T, T, O]],
    ["an empty 204", () => empty(204), [O, O, T, T, T, O]],
    ["HTML with 200", () => html(200), all(T)],
    ["HTML without its type", () => new Response(HTML), all(T)],
    [
      "301",
      () => new Response(null, { status: 301, headers: { location: "/y" } }),
      all(T),
    ],
    [
      "307",
      () => new Response(null, { status: 307, headers: { location: "/y" } }),
      all(T),
    ],
    ["400", () => error(400), [P, T, T, T, T, P]],
    ["401", () => error(401), all(P)],
    ["an empty 401", () => empty(401), all(P)],
    ["403 with a body", () => error(403), all(P)],
    ["an empty 403", () => empty(403), all(T)],
    ["404 of the platform", () => error(404, "workspace not found"), all(P)],
    ["an empty 404", () => empty(404), [P, P, T, T, T, P]],
    ["404 of a proxy", () => html(404), [P, P, T, T, T, P]],
    ["408", () => error(408), all(T)],
    ["409", () => error(409), [P, T, T, T, T, P]],
    ["410", () => error(410), [P, T, P, T, P, P]],
    ["413", () => error(413), [P, T, T, T, T, P]],
    ["425", () => error(425), all(T)],
    ["429", () => error(429), all(T)],
    ["500", () => error(500), all(T)],
    ["500 cursor lookup failed", () => error(500, "cursor lookup failed"), [
      T,
      T,
      T,
      T,
      P,
      T,
    ]],
    ["502 of a proxy", () => html(502), all(T)],
    ["503", () => error(503), all(T)],
    ["504", () => empty(504), all(T)],
    ["524", () => html(524), all(T)],
  ];

for (const [what, answer, meanings] of TABLE) {
  for (const [i, [endpoint, call]] of Object.entries(CALLS).entries()) {
    Deno.test(`${endpoint}: ${what} is ${meanings[i]}`, async () => {
      await using platform = new ScriptedPlatform(answer);
      const client = platform.client();
      if (meanings[i] === "ok") {
        await call(client);
        return;
      }
      const failure = await assertRejects(() => call(client), ConnectError);
      assertEquals(failure.code, meanings[i]!.toUpperCase() as "TRANSIENT");
      assert(/^(GET|POST) \/\S+: HTTP \d{3}/.test(failure.message));
      assert(!Deno.inspect(failure).includes(TOKEN), "no token in an error");
    });
  }
}

for (const [endpoint, call] of Object.entries(CALLS)) {
  Deno.test(`${endpoint}: of a long refusal at most 200 characters are kept`, async () => {
    await using platform = new ScriptedPlatform(() =>
      new Response("ä".repeat(5_000), { status: 401 })
    );
    const failure = await assertRejects(
      () => call(platform.client()),
      PermanentError,
    );
    assertEquals(failure.body, "ä".repeat(200));
    platform.script = () => new Response("ä".repeat(5_000), { status: 500 });
    const passing = await assertRejects(
      () => call(platform.client()),
      TransientError,
    );
    assert(passing.message.length < 300, passing.message);
  });

  Deno.test(`${endpoint}: an answer that is asked to wait says for how long`, async () => {
    await using platform = new ScriptedPlatform(() =>
      new Response(null, { status: 429, headers: { "retry-after": "0" } })
    );
    const failure = await assertRejects(
      () => call(platform.client()),
      TransientError,
    );
    assertEquals([failure.status, failure.retryAfterMs], [429, 1_000]);
  });

  Deno.test(`${endpoint}: a redirect names its target and what to do`, async () => {
    await using platform = new ScriptedPlatform(() =>
      new Response(null, {
        status: 308,
        headers: { location: "https://new.example/x" },
      })
    );
    const failure = await assertRejects(
      () => call(platform.client()),
      TransientError,
    );
    assert(failure.message.includes("https://new.example/x"));
    assert(failure.hint?.includes("--api-url"));
    assertEquals(platform.asked.length, 1);
  });

  Deno.test(`${endpoint}: a platform that is not there is no answer, and nothing was sent`, async () => {
    const platform = new ScriptedPlatform(() => empty(200));
    const { url } = platform;
    await platform[Symbol.asyncDispose]();
    await using later = new ScriptedPlatform(() => empty(200));
    const failure = await assertRejects(
      () => call(later.client({ apiUrl: url })),
      NoAnswerError,
    );
    assertEquals(failure.sent, false);
  });
}

Deno.test("feed: a lost cursor has the status 410, whichever way it is told", async () => {
  await using platform = new ScriptedPlatform(() => error(410));
  const client = platform.client();
  assertEquals(
    (await assertRejects(() => CALLS.feed!(client), PermanentError)).status,
    410,
  );
  platform.script = () => error(500, "cursor lookup failed");
  assertEquals(
    (await assertRejects(() => CALLS["odd cursor"]!(client), PermanentError))
      .status,
    410,
  );
});

Deno.test("register: the token that the platform mints is returned; an empty one is none", async () => {
  await using platform = new ScriptedPlatform(() =>
    json(200, { auth_token: "minted-1" })
  );
  const client = platform.client();
  assertEquals(await client.register(card, signal), "minted-1");
  for (const auth_token of ["", null, 5]) {
    platform.script = () => json(200, { auth_token });
    assertEquals(await client.register(card, signal), undefined);
  }
  assertEquals(client.token, TOKEN, "it is not adopted by itself");
});

Deno.test("a2a: every answer is returned as it is", async () => {
  await using platform = new ScriptedPlatform(() => empty(403));
  const client = platform.client({ origin: "on" });
  const send = () =>
    client.a2a(
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
  for (
    const status of [200, 202, 301, 400, 401, 403, 404, 410, 429, 500, 503]
  ) {
    platform.script = () => json(status, { status });
    assertEquals((await send()).status, status);
  }
  platform.script = () => new Response("x".repeat(1_100_000), { status: 200 });
  await assertRejects(send, TooLargeError);
});

const LOOK_UPS:
  readonly (readonly [what: string, answer: () => Response, found: string])[] =
    [
      ["a workspace", () => json(200, { id: W, url: "" }), "yes"],
      ["a workspace without an id", () => json(200, {}), "not answered"],
      ["an empty 200", () => empty(200), "not answered"],
      ["HTML with 200", () => html(200), "not answered"],
      [
        "404 of the platform",
        () => error(404, "workspace not found"),
        "unknown",
      ],
      ["404 with another text", () => error(404, "not found"), "not answered"],
      ["an empty 404", () => empty(404), "not answered"],
      ["404 of a proxy", () => html(404), "not answered"],
      ["410 of the platform", () => error(410, "workspace removed"), "removed"],
      ["410 with another text", () => error(410, "gone"), "not answered"],
      ["an empty 410", () => empty(410), "not answered"],
      ["401", () => error(401), "not answered"],
      ["403", () => empty(403), "not answered"],
      ["500", () => error(500, "query failed"), "not answered"],
      [
        "more than anybody reads",
        () => new Response("x".repeat(1_100_000)),
        "not answered",
      ],
    ];
for (const [what, answer, found] of LOOK_UPS) {
  Deno.test(`look-up: ${what} is ${found}`, async () => {
    await using platform = new ScriptedPlatform(answer);
    const looked = await platform.client().lookUp("other", signal);
    assertEquals(looked.found, found as never);
  });
}
