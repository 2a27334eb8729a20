/** Whatever becomes of what a person sent, there is a bubble in the end, and one only: silence is an endless wait. */
import { assertEquals, assertMatch } from "@std/assert";
import { type Backend, type Part, textReply } from "../mod.ts";
import { NOTHING_TO_SAY, ONLY_DATA } from "../src/delivery/outgoing.ts";
import { REFUSED } from "../src/delivery/refused.ts";
import { statePaths } from "../src/state/paths.ts";
import { faults } from "../src/testing/mod.ts";
import { reader, type Turn, upload, withFiles } from "./files_in_stage.ts";
import { Bench, recorder } from "./harness.ts";

function replying(...parts: Part[]): Backend {
  return { name: "replier", handle: () => Promise.resolve({ parts }) };
}

/** Answers that say nothing. */
const EMPTY: readonly (readonly [string, readonly Part[], string])[] = [
  ["no parts", [], NOTHING_TO_SAY],
  ["a blank text", [{ kind: "text", text: " \n" }], NOTHING_TO_SAY],
  ["data alone", [{ kind: "data", data: { a: 1 } }], ONLY_DATA],
];
for (const [what, parts, said] of EMPTY) {
  Deno.test(`an answer of ${what}: the person is told so, once`, async () => {
    await using bench = await Bench.start();
    const connection = await bench.connect(replying(...parts));
    await bench.sandbox.sendAsHuman(bench.agent.id, "hello");
    await bench.until(() => bench.count("delivered") === 1);
    await connection.close();
    assertEquals(bench.sandbox.notifies(bench.agent.id), [said]);
  });
}

Deno.test("a peer gets no answer that says nothing", async () => {
  await using bench = await Bench.start();
  const connection = await bench.connect(replying());
  await bench.ping("hello");
  await bench.until(() => bench.count("answered") === 1);
  await connection.close();
  assertEquals(bench.toPeer, []);
});

Deno.test("a person whom --allow-origin refuses is told, once for each message; no turn runs, nobody else is told", async () => {
  await using bench = await Bench.start();
  const { sandbox, agent } = bench;
  const backend = recorder();
  const options = { allowOrigins: ["peer"] } as const;
  const first = await bench.connect(backend, options);
  await sandbox.sendAsHuman(agent.id, "may I?");
  await bench.ping("I may");
  await bench.until(() => bench.count("delivered") === 2);
  assertEquals(sandbox.notifies(agent.id), [REFUSED]);
  const refused = bench.events.filter((event) =>
    event.type === "skipped" && event.reason === "not_allowed"
  );
  assertEquals(refused.length, 1);
  await first.close();
  await bench.connect(backend, options);
  await sandbox.sendAsHuman(agent.id, "and now?");
  await bench.until(() => bench.count("delivered") === 3);
  assertEquals(sandbox.notifies(agent.id), [REFUSED, REFUSED]);
  assertEquals(backend.asked, ["I may"]);
});

Deno.test("a peer that is refused is not told", async () => {
  await using bench = await Bench.start();
  const options = { allowOrigins: ["canvas"] } as const;
  const connection = await bench.connect(recorder(), options);
  await bench.ping("may I?");
  await bench.until(() => bench.count("skipped") > 0);
  await connection.close();
  assertEquals(bench.toPeer, []);
});

for (const from of ["a person", "a peer"] as const) {
  Deno.test(`a saved answer to ${from} that is damaged: its loss is told once, and it is a dead letter`, async () => {
    await using bench = await Bench.start();
    const { sandbox, agent, stateDir } = bench;
    const isPerson = from === "a person";
    const busy = isPerson ? faults.status(429) : faults.status(503);
    sandbox.fault(isPerson ? "notify" : "a2a", busy, {
      times: Infinity,
      when: ({ workspaceId }) => isPerson || workspaceId === bench.peer.id,
    });
    const long: Part = { kind: "text", text: "long ".repeat(1_500) };
    // The peer is one that polls: what it was not known to have got it is told again.
    const first = await bench.connect(replying(long), { graceMs: 0 });
    if (isPerson) await sandbox.sendAsHuman(agent.id, "hello");
    else await bench.ping("hello");
    const { replies } = statePaths(stateDir, agent.id);
    const endpoint = isPerson ? "notify" : "a2a";
    const tries = () =>
      sandbox.requestsTo(endpoint).filter(({ json }) =>
        JSON.stringify(json).includes("long long")
      ).length;
    await bench.until(() => tries() > 0);
    await first.close();
    for (const { name } of [...Deno.readDirSync(replies)]) {
      await Deno.writeTextFile(`${replies}/${name}`, "{");
    }
    sandbox.clearFaults();
    await bench.connect(replying());
    await bench.until(() => bench.count("delivered") === 1);
    const told = isPerson ? sandbox.notifies(agent.id) : bench.toPeer;
    assertEquals(told.length, 1);
    assertMatch(told[0]!, /lost|could not be processed/);
    assertEquals(bench.count("dead_letter"), 1);
    assertEquals(bench.count("state_damaged"), 1);
  });
}

Deno.test("a message of a file alone is a turn", async () => {
  await using bench = await Bench.start();
  const turns: Turn[] = [];
  await bench.connect(reader(turns));
  const file = upload(bench, "a.txt", new TextEncoder().encode("hello"));
  await bench.sandbox.sendAsHuman(bench.agent.id, [{ kind: "file", file }]);
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(turns.map(({ text, files }) => [text, files]), [
    ["", [["a.txt", "text/plain", "hello"]]],
  ]);
});

Deno.test("files alone to a back end that takes none: no turn, and the person is told", async () => {
  await using bench = await Bench.start();
  const turns: Turn[] = [];
  await bench.connect(reader(turns, false));
  const file = upload(bench, "a.txt", new TextEncoder().encode("hello"));
  await bench.sandbox.sendAsHuman(bench.agent.id, [{ kind: "file", file }]);
  await bench.until(() => bench.count("delivered") === 1);
  assertMatch(bench.sandbox.notifies(bench.agent.id)[0]!, /cannot take files/);
  assertEquals(turns, []);
  // With a text the turn runs, and is not told of a file: the person is.
  await bench.sandbox.sendAsHuman(bench.agent.id, [
    { kind: "text", text: "look" },
    { kind: "file", file },
  ]);
  await bench.until(() => bench.count("delivered") === 2);
  assertEquals(turns.length, 1);
  assertEquals(
    bench.sandbox.notifies(bench.agent.id)[1],
    "got 0\n\n(I cannot take files: a.txt was not read.)",
  );
});

Deno.test("files that a back end does not take are named behind an answer to a person, not to a peer", async () => {
  await using bench = await Bench.start();
  await bench.connect({
    name: "silent",
    handle: () => Promise.resolve({ parts: [{ kind: "text", text: "1. a" }] }),
  });
  const files = withFiles(
    { name: "a.txt", bytes: btoa("a") },
    { name: "b.txt", bytes: btoa("b") },
  );
  await bench.sandbox.sendAsPeer(bench.peer.id, bench.agent.id, files);
  await bench.sandbox.sendAsHuman(bench.agent.id, files);
  await bench.until(() => bench.count("delivered") === 2);
  assertEquals(bench.toPeer, ["1. a"]);
  assertEquals(bench.sandbox.notifies(bench.agent.id), [
    "1. a\n\n(I cannot take files: a.txt, b.txt were not read.)",
  ]);
});

Deno.test("files alone of which none can be read: no turn, and the person is told which and why", async () => {
  await using bench = await Bench.start();
  const turns: Turn[] = [];
  await bench.connect(reader(turns));
  const uri = (id: string) => `platform-pending:${id}/${crypto.randomUUID()}`;
  const { sandbox, agent, peer } = bench;
  await sandbox.sendAsHuman(agent.id, [
    { kind: "file", file: { name: "old.pdf", uri: uri(agent.id) } },
    { kind: "file", file: { name: "theirs.pdf", uri: uri(peer.id) } },
  ]);
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(sandbox.notifies(agent.id), [
    "Sorry, I could not read what you sent: old.pdf (expired), " +
    "theirs.pdf (of another workspace). Please send it again.",
  ]);
  assertEquals([turns.length, bench.count("turn_started")], [0, 0]);
  // One that can be read is enough for a turn.
  const file = upload(bench, "a.txt", new TextEncoder().encode("hello"));
  await sandbox.sendAsHuman(agent.id, [
    { kind: "file", file: { name: "old.pdf", uri: uri(agent.id) } },
    { kind: "file", file },
  ]);
  await bench.until(() => bench.count("delivered") === 2);
  assertEquals(turns.map(({ missing }) => missing), [[["old.pdf", "expired"]]]);
});

for (const between of [0, 60]) {
  Deno.test(`files of one message stay together, with ${between} rows between their uploads and it`, async () => {
    await using bench = await Bench.start();
    const { sandbox, agent } = bench;
    const turns: Turn[] = [];
    const encode = (text: string) => new TextEncoder().encode(text);
    const uris = sandbox.uploadAsHuman(agent.id, [
      { name: "a.txt", mimeType: "text/plain", bytes: encode("A") },
      { name: "b.txt", mimeType: "text/plain", bytes: encode("B") },
      { name: "c.txt", mimeType: "text/plain", bytes: encode("C") },
    ]);
    for (let i = 0; i < between; i++) {
      sandbox.insertRow(agent.id, { method: "notice", summary: `notice ${i}` });
    }
    await sandbox.sendAsHuman(
      agent.id,
      uris.map((uri, i) => ({
        kind: "file",
        file: { name: `${"abc"[i]}.txt`, mimeType: "text/plain", uri },
      })),
    );
    const connection = await bench.connect(reader(turns), { sinceSecs: 60 });
    await bench.until(() => bench.count("delivered") === 1);
    await connection.close();
    assertEquals(turns.length, 1);
    assertEquals(turns[0]!.files.map(([name, , content]) => name + content), [
      "a.txtA",
      "b.txtB",
      "c.txtC",
    ]);
    assertEquals(sandbox.notifies(agent.id), ["got 3"]);
  });
}

Deno.test("a failure, a reset and an empty answer: each of three questions ends in one bubble", async () => {
  await using bench = await Bench.start();
  const { sandbox, agent } = bench;
  await bench.connect({
    name: "moody",
    handle: ({ text }) => {
      if (text === "fail") throw new Error("no");
      return Promise.resolve(textReply(""));
    },
  }, { resetCommand: "/new", maxAttempts: 2 });
  for (const text of ["fail", "/new", "hm"]) {
    await sandbox.sendAsHuman(agent.id, text);
  }
  await bench.until(() => bench.count("delivered") === 3);
  assertEquals(sandbox.notifies(agent.id).length, 3);
});
