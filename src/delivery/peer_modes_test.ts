import { assertEquals, assertRejects } from "@std/assert";
import { ScriptedPlatform } from "../platform/scripted_platform_test.ts";
import { PeerModes } from "./peer_modes.ts";

const signal = new AbortController().signal;
const peer = (url: string | null) => () => Response.json({ id: "p", url });
const nothing = () => new Response(null, { status: 404 });
const unknown = () =>
  Response.json({ error: "workspace not found" }, { status: 404 });

Deno.test("what a look-up says now wins over what a peer's last answer said", async () => {
  await using platform = new ScriptedPlatform(peer("https://p.example"));
  const modes = new PeerModes(platform.client());
  assertEquals(modes.isKnownToPoll("p"), false);
  modes.learn("p", true);
  assertEquals(modes.isKnownToPoll("p"), true);
  assertEquals(await modes.ask("p", signal), "may push");
});

Deno.test("where a look-up goes unanswered, a peer's last answer counts", async () => {
  await using platform = new ScriptedPlatform(nothing);
  const modes = new PeerModes(platform.client());
  modes.learn("p", true);
  assertEquals(await modes.ask("p", signal), "polls");
  modes.learn("p", false);
  assertEquals(await modes.ask("p", signal), "no look-ups");
});

const MODES:
  readonly (readonly [what: string, answer: () => Response, mode: string])[] = [
    ["without an address", peer(""), "polls"],
    ["with a null address", peer(null), "polls"],
    ["with an address", peer("https://p.example/a2a"), "may push"],
    ["that is unknown", unknown, "may push"],
    [
      "that was removed",
      () => Response.json({ error: "workspace removed" }, { status: 410 }),
      "may push",
    ],
  ];
for (const [what, answer, mode] of MODES) {
  Deno.test(`a peer ${what}: ${mode}`, async () => {
    await using platform = new ScriptedPlatform(answer);
    assertEquals(
      await new PeerModes(platform.client()).ask("p", signal),
      mode as never,
    );
  });
}

Deno.test("a platform that never answered a look-up has none; one that did is asked again later", async () => {
  await using platform = new ScriptedPlatform(nothing);
  const modes = new PeerModes(platform.client());
  assertEquals(await modes.ask("p", signal), "no look-ups");
  platform.script = unknown;
  await modes.ask("other", signal);
  platform.script = nothing;
  assertEquals(await modes.ask("p", signal), "unanswered");
});

Deno.test("a look-up that somebody else made counts", async () => {
  await using platform = new ScriptedPlatform(nothing);
  const modes = new PeerModes(platform.client());
  modes.note({ found: "not answered", status: 404 });
  assertEquals(await modes.ask("p", signal), "no look-ups");
  modes.note({ found: "unknown" });
  assertEquals(await modes.ask("p", signal), "unanswered");
});

Deno.test("a platform that is away, or says too much, does not answer", async () => {
  const gone = new ScriptedPlatform(nothing);
  await gone[Symbol.asyncDispose]();
  await using platform = new ScriptedPlatform(() =>
    new Response("x".repeat(1_100_000))
  );
  for (const apiUrl of [gone.url, platform.url]) {
    const modes = new PeerModes(platform.client({ apiUrl }));
    modes.note({ found: "unknown" });
    assertEquals(await modes.ask("p", signal), "unanswered");
  }
});

Deno.test("a platform in trouble at its very first look-up may have look-ups all the same", async () => {
  await using platform = new ScriptedPlatform(nothing);
  const modes = new PeerModes(platform.client());
  for (const status of [401, 408, 429, 500, 502, 503]) {
    platform.script = () => new Response(null, { status });
    assertEquals(await modes.ask("p", signal), "unanswered", String(status));
  }
  platform.script = () =>
    new Response("<!doctype html>", {
      headers: { "content-type": "text/html" },
    });
  assertEquals(await modes.ask("p", signal), "unanswered");
});

Deno.test("our own stop is thrown on", async () => {
  await using platform = new ScriptedPlatform(nothing);
  const modes = new PeerModes(platform.client());
  const stop = AbortSignal.abort(new Error("our own stop"));
  await assertRejects(() => modes.ask("p", stop), Error, "our own stop");
});
