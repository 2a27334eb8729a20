/** What hostile senders and careless back ends can do, seen once and mended. */
import { assert, assertEquals } from "@std/assert";
import { textReply } from "../mod.ts";
import { plainText } from "../src/backends/plain_text.ts";
import { Redactor } from "../src/redact.ts";
import { MinimalPlatform } from "../src/testing/mod.ts";
import { connectWith } from "../src/connect.ts";
import { Bench, QUICK, recorder } from "./harness.ts";

Deno.test("a message nested thousands deep, on which the back end fails, is a dead letter like any other", async () => {
  await using bench = await Bench.start();
  const deep = `${'{"a":'.repeat(7_000)}1${"}".repeat(7_000)}`;
  bench.sandbox.fault("activity", async ({ proceed }) => {
    const page = await (await proceed()).text();
    const headers = { "content-type": "application/json" };
    return new Response(page.replaceAll('"DEEP"', deep), { headers });
  }, { times: Infinity });
  await bench.connect(recorder((message) => {
    if (message.text === "bad") throw new Error("cannot");
  }));
  await bench.ping("bad", { metadata: { x: "DEEP" } });
  await bench.ping("good");
  await bench.until(() => bench.count("delivered") === 2);
  assertEquals(bench.count("dead_letter"), 1);
  assertEquals(bench.toPeer[1], "re: good");
});

for (
  const [what, metadata] of [
    ["a bigint", { n: 10n }],
    ["a member that throws", {
      toJSON: () => {
        throw new Error("no");
      },
    }],
  ] as const
) {
  Deno.test(`a reply whose metadata holds ${what} is a failed turn, not a stuck connector`, async () => {
    await using bench = await Bench.start();
    await bench.connect({
      name: "careless",
      handle: (message) =>
        Promise.resolve(
          message.text === "bad"
            ? { ...textReply("x"), metadata }
            : textReply("fine"),
        ),
    });
    await bench.ping("bad");
    await bench.ping("good");
    await bench.until(() => bench.count("delivered") === 2);
    assertEquals(bench.toPeer[1], "fine");
  });
}

for (const source of ["p\ud800", "..", ".", { an: "object" }, 7]) {
  Deno.test(`a row from ${JSON.stringify(source)}: answered or given up, and never taken for a person's`, async () => {
    await using platform = await MinimalPlatform.start();
    const stateDir = await Deno.makeTempDir();
    const ends: string[] = [];
    const both = Promise.withResolvers<void>();
    platform.queueMessage("ws-me", "strange", { source_id: source });
    platform.queueMessage("ws-me", "good", { source_id: "ws-good" });
    const connection = await connectWith({
      apiUrl: platform.url,
      workspaceId: "ws-me",
      token: "some-token",
      backend: recorder(),
      stateDir,
      pollIntervalMs: 10,
      onEvent: (event) => {
        if (event.type !== "delivered" && event.type !== "dead_letter") return;
        assertEquals(event.origin, "peer");
        ends.push(event.type);
        if (ends.length === 2) both.resolve();
      },
    }, QUICK);
    await both.promise;
    await connection.close();
    assertEquals(await connection.closed, undefined);
    assert(
      platform.requestsTo("a2a").some((post) =>
        post.path === "/workspaces/ws-good/a2a"
      ),
    );
    await Deno.remove(stateDir, { recursive: true });
  });
}

Deno.test("ids of megabytes are not kept", async () => {
  await using bench = await Bench.start();
  const connection = await bench.connect(recorder());
  const long = "x".repeat(1_000_000);
  await bench.ping("ping", { messageId: `m${long}`, contextId: `c${long}` });
  await bench.until(() => bench.count("delivered") === 1);
  await connection.close();
  const path = `${bench.stateDir}/${bench.agent.id}.json`;
  assert((await Deno.stat(path)).size < 10_000);
});

Deno.test("what a back end says of its failure is in no heartbeat", async () => {
  await using bench = await Bench.start();
  await bench.connect(recorder((message) => {
    throw new Error(`bad input: ${message.text}`);
  }));
  await bench.sandbox.sendAsHuman(bench.agent.id, "my private diagnosis");
  await bench.until(() => bench.count("delivered") === 1);
  const beats = () => bench.sandbox.heartbeats(bench.agent.id);
  await bench.sandbox.waitFor(() => beats().at(-1)?.sample_error !== "");
  assertEquals(beats().at(-1)?.sample_error, "The back end failed");
  assertEquals(JSON.stringify(beats()).includes("diagnosis"), false);
});

Deno.test("a long run of characters that begin a sequence costs no more than its length", () => {
  const text = "\u009d\u0090\u0098\u009e\u009f".repeat(200_000);
  assertEquals(plainText(`a${text}b`), "ab");
});

Deno.test("an event is masked text by text: a sender can neither break its line nor take members out of it", () => {
  const redactor = new Redactor();
  const event = { messageId: "x://a", text: 'b@c token=abcdefgh"x' };
  const masked = redactor.redactValue(event) as typeof event;
  assertEquals(Object.keys(masked), ["messageId", "text"]);
  assertEquals(JSON.parse(JSON.stringify(masked)), masked);
});

Deno.test("what a crash left in the state directory is removed at the next start", async () => {
  await using bench = await Bench.start();
  const left = `${bench.stateDir}/${bench.agent.id}.json.0f8fad5b-d9cb.tmp`;
  await Deno.writeTextFile(left, "half a state");
  await bench.connect(recorder());
  const names = [...Deno.readDirSync(bench.stateDir)].map((entry) =>
    entry.name
  );
  assertEquals(names.filter((name) => name.endsWith(".tmp")), []);
});
