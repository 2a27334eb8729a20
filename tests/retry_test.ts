/** What is taken out of the dead letters is tried again, under ids of its own. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { loadState } from "../mod.ts";
import { DeadLetters, letterFiles } from "../src/delivery/dead_letters.ts";
import { silentLogger } from "../src/log.ts";
import { faults } from "../src/testing/mod.ts";
import { Bench, recorder } from "./harness.ts";
import {
  hopeless,
  idsToPeer,
  lettersIn,
  pathsOf,
  retryAll,
  willing,
} from "./retry_bench.ts";

/** Nothing waits to be tried again, and nothing is remembered of it. */
async function assertOver(bench: Bench): Promise<void> {
  assertEquals(await letterFiles(pathsOf(bench).retry), []);
  const state = await loadState(bench.stateDir, bench.agent.id);
  assertEquals(
    [state.outbox, state.attempts, state.retried],
    [[], {}, undefined],
  );
}

Deno.test("a message is tried again while the connector runs: a second answer, under an id of its own", async () => {
  await using bench = await Bench.start();
  let isWell = false;
  const backend = recorder(() => {
    if (!isWell) throw new Error("out of order");
  });
  const connection = await bench.connect(backend, { maxAttempts: 2 });
  const row = await bench.ping("ping", { contextId: "c", messageId: "m-1" });
  await bench.until(() => bench.count("delivered") === 1);
  isWell = true;
  const [name] = await retryAll(bench);
  await bench.until(() => bench.count("delivered") === 2);
  assertEquals(backend.asked, ["ping", "ping", "ping"]);
  assertEquals(bench.toPeer, [
    "This message could not be processed.",
    "re: ping",
  ]);
  assertEquals(new Set(idsToPeer(bench)).size, 2);
  const answer = bench.sandbox.messagesTo(bench.peer.id).at(-1)!;
  assertEquals(
    [answer.contextId, answer.metadata.in_reply_to],
    ["c", "m-1"],
  );
  const retried = bench.events.find((event) => event.type === "retried");
  assertEquals(retried, {
    ...{ type: "retried", activityId: row, origin: "peer" },
    ...{ callerId: bench.peer.id, letter: name!.slice(0, -5), retry: 1 },
  });
  await connection.close();
  await assertOver(bench);
  assertEquals(await letterFiles(pathsOf(bench).dead), []);
  assertEquals(connection.status.cursor, row);
});

Deno.test("a person gets the answer of the second try, too", async () => {
  await using bench = await Bench.start();
  const first = await bench.connect(hopeless);
  await bench.sandbox.sendAsHuman(bench.agent.id, "hello");
  await bench.until(() => bench.count("delivered") === 1);
  await first.close();
  await retryAll(bench);
  const second = await bench.connect(willing());
  await bench.until(() => bench.count("delivered") === 2);
  await second.close();
  const [failure, answer, ...more] = bench.sandbox.notifies(bench.agent.id);
  assertMatch(failure!, /^Sorry/);
  assertEquals([answer, more], ["again: hello", []]);
  await assertOver(bench);
});

Deno.test("a message that dies again is another letter, and can be tried again", async () => {
  await using bench = await Bench.start();
  const connection = await bench.connect(hopeless);
  await bench.ping("ping");
  for (let retry = 0; retry < 3; retry++) {
    await bench.until(() => bench.count("dead_letter") === retry + 1);
    const { dead, retry: waiting } = pathsOf(bench);
    const [letter, ...more] = await lettersIn(bench, dead);
    assertEquals([letter?.retry, letter?.attempts, more], [retry, 1, []]);
    await bench.until(async () => (await letterFiles(waiting)).length === 0);
    if (retry < 2) await retryAll(bench);
  }
  await connection.close();
  assertEquals(bench.toPeer.length, 1); // one failure is told once
  await assertOver(bench);
});

Deno.test("an answer that nobody took is sent again under another id, and the back end is not asked", async () => {
  await using bench = await Bench.start();
  const backend = recorder();
  const toPeer = (request: { path: string }) =>
    request.path.includes(bench.peer.id);
  const refusal = bench.sandbox.fault("a2a", faults.status(400), {
    times: Infinity,
    when: toPeer,
  });
  const connection = await bench.connect(backend);
  await bench.ping("x".repeat(10_000));
  for (let n = 1; n <= 2; n++) {
    await bench.until(() => bench.count("dead_letter") === n);
    if (n === 2) refusal.remove();
    await bench.until(async () =>
      (await letterFiles(pathsOf(bench).retry)).length === 0
    );
    await retryAll(bench);
  }
  await bench.until(() => bench.count("delivered") === 1);
  await connection.close();
  assertEquals(backend.asked.length, 1);
  assertEquals(bench.toPeer, [`re: ${"x".repeat(10_000)}`]);
  const posts = bench.sandbox.requestsTo("a2a").filter(toPeer);
  const ids = posts.map((post) => post.json.params.message.messageId);
  assertEquals([ids.length, new Set(ids).size], [3, 3]);
  await assertOver(bench);
});

Deno.test("the failure of a message and its later answer are two letters, where neither is taken", async () => {
  await using bench = await Bench.start();
  let isWell = false;
  const refusal = bench.sandbox.fault("a2a", faults.status(400), {
    times: Infinity,
    when: (request) => request.path.includes(bench.peer.id),
  });
  await bench.connect(
    recorder(() => {
      if (!isWell) throw new Error("out of order");
    }),
    { maxAttempts: 1 },
  );
  await bench.ping("ping");
  await bench.until(() => bench.count("dead_letter") === 2);
  isWell = true;
  // The message is answered now, and its failure sent again; both are refused.
  await retryAll(bench);
  await bench.until(() => bench.count("dead_letter") === 4);
  const letters = await lettersIn(bench, pathsOf(bench).dead);
  assertEquals(
    letters.map(({ kind, retry }) => [kind, retry]),
    [["reply", 1], ["reply", 1]],
  );
  refusal.remove();
  await retryAll(bench);
  await bench.until(() => bench.count("delivered") === 2);
  assertEquals(bench.toPeer.toSorted(), [
    "This message could not be processed.",
    "re: ping",
  ]);
});

Deno.test("the messages of a conversation are tried again in their order, and --once waits for all of them", async () => {
  await using bench = await Bench.start();
  const first = await bench.connect(hopeless);
  const texts = Array.from({ length: 25 }, (_, i) => `m${i}`);
  for (const text of texts) await bench.ping(text);
  await bench.until(() => bench.count("delivered") === 25);
  await first.close();
  await retryAll(bench);
  const backend = willing();
  const second = await bench.connect(backend, { once: true });
  assertEquals(await second.closed, undefined);
  assertEquals(backend.asked, texts);
  assertEquals(
    bench.toPeer.slice(25),
    texts.map((text) => `again: ${text}`),
  );
  await assertOver(bench);
});

Deno.test("a stop in the middle of a second try leaves the letter for the next start", async () => {
  await using bench = await Bench.start();
  const first = await bench.connect(hopeless);
  await bench.ping("ping");
  await bench.until(() => bench.count("delivered") === 1);
  await first.close();
  await retryAll(bench);
  const second = await bench.connect(
    recorder((_, signal) =>
      new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason))
      )
    ),
  );
  await bench.until(() => bench.count("turn_started") === 2);
  await second.close({ graceMs: 0 });
  assertEquals((await letterFiles(pathsOf(bench).retry)).length, 1);
  await bench.connect(willing());
  await bench.until(() => bench.count("delivered") === 2);
  assertEquals(bench.toPeer[1], "again: ping");
});

Deno.test("a message that ends while the connector stops leaves no letter behind", async () => {
  await using bench = await Bench.start();
  const first = await bench.connect(hopeless);
  await bench.ping("ping");
  await bench.until(() => bench.count("delivered") === 1);
  await first.close();
  await retryAll(bench);
  const go = Promise.withResolvers<void>();
  const second = await bench.connect(recorder(() => go.promise));
  await bench.until(() => bench.count("turn_started") === 2);
  const closing = second.close();
  go.resolve();
  await closing;
  assertEquals(bench.toPeer[1], "re: ping");
  await assertOver(bench);
});

Deno.test("what is no letter is put back, loudly, and holds up nothing", async () => {
  await using bench = await Bench.start();
  const first = await bench.connect(hopeless);
  await bench.ping("ping");
  await bench.until(() => bench.count("delivered") === 1);
  await first.close();
  const { dead, retry } = pathsOf(bench);
  const [name] = await retryAll(bench);
  const text = await Deno.readTextFile(join(retry, name!));
  const damaged = {
    "a.json": "",
    "b.json": text.replace("ping", "pong"),
    "c.json": `{"version":1}`,
    "d.json": new Uint8Array([0xff, 0xfe]),
  };
  for (const [name, content] of Object.entries(damaged)) {
    const bytes = typeof content === "string"
      ? new TextEncoder().encode(content)
      : content;
    await Deno.writeFile(join(retry, name), bytes);
  }
  await Deno.mkdir(join(retry, "e.json"));
  const second = await bench.connect(willing(), { once: true });
  assertEquals(await second.closed, undefined);
  assertEquals(bench.toPeer[1], "again: ping");
  assertEquals(await letterFiles(retry), []);
  assertEquals(await letterFiles(dead), Object.keys(damaged));
  assertEquals(bench.count("state_damaged"), 4);
});

Deno.test("a letter without its payload goes back with the reason", async () => {
  await using bench = await Bench.start();
  const first = await bench.connect(hopeless);
  await bench.ping("ping");
  await bench.until(() => bench.count("delivered") === 1);
  await first.close();
  const { dead } = pathsOf(bench);
  const letters = new DeadLetters({
    workspaceId: bench.agent.id,
    paths: pathsOf(bench),
    log: silentLogger,
  });
  const [letter] = await lettersIn(bench, dead);
  const { name: _, ...given } = letter!;
  await letters.save({ ...given, payload: null, payload_missing: "too large" });
  // A row that is our own message: nobody works on that.
  const payload = {
    ...given.payload as Record<string, unknown>,
    id: "own",
    source_id: bench.agent.id,
  };
  await letters.save({ ...given, row: "own", payload });
  for (let i = 0; i < 2; i++) {
    await retryAll(bench);
    const backend = willing();
    const second = await bench.connect(backend, { once: true });
    assertEquals(await second.closed, undefined);
    assertEquals(backend.asked, []);
    const reasons = (await lettersIn(bench, dead)).map(({ reason }) => reason);
    assertEquals(reasons.toSorted(), [
      "it cannot be tried again: it is no work (skip_self); before that: cannot do this",
      "it cannot be tried again: too large; before that: cannot do this",
    ]);
  }
});

Deno.test("letters for a peer whose answers wait already wait in their files, and hold up nobody else", async () => {
  await using bench = await Bench.start();
  const toPeer = (request: { path: string }) =>
    request.path.includes(bench.peer.id);
  const refusal = bench.sandbox.fault("a2a", faults.status(400), {
    times: Infinity,
    when: toPeer,
  });
  await bench.connect(recorder());
  for (let i = 0; i < 15; i++) await bench.ping(`m${i}`);
  await bench.until(() => bench.count("dead_letter") === 15);
  refusal.remove();
  const unreachable = bench.sandbox.fault(
    "a2a",
    faults.status(502, { body: { error: "failed to reach workspace agent" } }),
    { times: Infinity, when: toPeer },
  );
  await retryAll(bench);
  await bench.until(() => bench.count("retried") === 10);
  await bench.sandbox.sendAsHuman(bench.agent.id, "hello");
  await bench.until(() => bench.count("delivered") === 1);
  const { retry } = pathsOf(bench);
  assert((await letterFiles(retry)).length >= 5);
  unreachable.remove();
  await bench.until(() => bench.count("delivered") === 16);
  assertEquals(
    bench.toPeer,
    Array.from({ length: 15 }, (_, i) => `re: m${i}`),
  );
});
