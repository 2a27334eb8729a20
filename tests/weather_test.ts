/** A back end that is overloaded or out of quota: nothing is burnt, everybody waits, and each sender is told once. */
import { assertEquals, assertMatch } from "@std/assert";
import { type Backend, BackendError, loadState, textReply } from "../mod.ts";
import { waitText } from "../src/delivery/wait_text.ts";
import { faults } from "../src/testing/mod.ts";
import { Bench } from "./harness.ts";

/** So that every pause is worth telling. */
const TELL = { weatherTellMs: 0 };
const HOUR_MS = 3_600_000;

/** A back end that cannot work until it is told so; `retryAfterMs` as it names it. */
class Moody implements Backend {
  readonly name = "moody";
  readonly asked: string[] = [];
  isWell = false;

  constructor(readonly retryAfterMs?: number) {}

  handle({ text }: { readonly text: string }) {
    this.asked.push(text);
    if (this.isWell) return Promise.resolve(textReply(`re: ${text}`));
    const { retryAfterMs } = this;
    return Promise.reject(
      new BackendError("weather", "overloaded by SECRET", {
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      }),
    );
  }
}

const waits = (bench: Bench) =>
  bench.events.filter((event) => event.type === "delivered" && event.wait)
    .length;

Deno.test("the message that hit it, those that wait and those that come then: each sender is told once", async () => {
  await using bench = await Bench.start();
  const { sandbox, agent } = bench;
  const backend = new Moody();
  await bench.ping("hit", { contextId: "a", messageId: "m-hit" });
  await bench.ping("queued", { contextId: "a" });
  await sandbox.sendAsHuman(agent.id, "person");
  await bench.connect(backend, {}, { ...TELL, weatherMs: [300, 400] });
  await bench.until(() => waits(bench) === 3);
  await bench.ping("later", { contextId: "b" });
  await bench.until(() => waits(bench) === 4);
  const before = backend.asked.length;
  // The next pauses tell nobody again.
  await bench.until(() => backend.asked.length > before);
  backend.isWell = true;
  await bench.until(() => bench.count("answered") === 4);
  await bench.until(() => bench.count("delivered") === 8);
  assertEquals(waits(bench), 4);
  assertEquals(sandbox.notifies(agent.id), [waitText("canvas"), "re: person"]);
  const wait = waitText("peer");
  assertEquals(bench.toPeer.filter((text) => text === wait).length, 3);
  assertEquals(bench.toPeer.filter((text) => text !== wait).toSorted(), [
    "re: hit",
    "re: later",
    "re: queued",
  ]);
  assertEquals(bench.count("dead_letter"), 0);
  // Marked as an answer is, so that no ping-pong begins.
  const told = sandbox.messagesTo(bench.peer.id)
    .find(({ metadata }) => metadata.in_reply_to === "m-hit");
  assertEquals(told!.text, wait);
  assertEquals(told!.metadata, { in_reply_to: "m-hit", reply: true });
});

Deno.test("a person is told when it goes on, where that is known", async () => {
  await using bench = await Bench.start();
  const { sandbox, agent } = bench;
  const backend = new Moody(2 * HOUR_MS);
  await bench.connect(backend, {}, TELL);
  await sandbox.sendAsHuman(agent.id, "person");
  await bench.until(() => waits(bench) === 1);
  const [text] = sandbox.notifies(agent.id);
  assertMatch(text!, /will be answered after \d\d:\d\d UTC\.$/);
  assertEquals(backend.asked, ["person"]);
});

Deno.test("a restart tells nobody again, and what was answered is forgotten", async () => {
  await using bench = await Bench.start();
  const { stateDir, agent } = bench;
  const backend = new Moody();
  const first = await bench.connect(backend, {}, TELL);
  const row = await bench.ping("one");
  await bench.until(() => waits(bench) === 1);
  await first.close();
  assertEquals(Object.keys((await loadState(stateDir, agent.id)).told!), [row]);
  const second = await bench.connect(backend, {}, TELL);
  const before = bench.count("turn_failed");
  await bench.until(() => bench.count("turn_failed") > before + 1);
  backend.isWell = true;
  await bench.until(() => bench.count("answered") === 1);
  await bench.until(() => bench.count("delivered") === 2);
  await second.close();
  assertEquals(bench.toPeer, [waitText("peer"), "re: one"]);
  assertEquals((await loadState(stateDir, agent.id)).told, undefined);
});

Deno.test("of a blink nobody is told, of many in a row everybody", async () => {
  await using bench = await Bench.start();
  const backend = new Moody(1);
  await bench.connect(backend, {}, { weatherTellMs: 500 });
  await bench.ping("one");
  await bench.until(() => waits(bench) === 1);
  const tries = bench.count("turn_failed");
  assertEquals(tries > 1, true, `told at the first of ${tries}`);
  backend.isWell = true;
  await bench.until(() => bench.count("answered") === 1);
});

Deno.test("a blink after an overload that is over is a blink", async () => {
  await using bench = await Bench.start();
  const script = ["overloaded", "broken", "overloaded", "well"];
  let at = 0;
  await bench.connect(
    {
      name: "scripted",
      handle() {
        const mood = script[at++];
        if (mood === "well") return Promise.resolve(textReply("done"));
        return Promise.reject(
          mood === "broken" ? new Error("broken") : new BackendError(
            "weather",
            "overloaded",
            { retryAfterMs: 300 },
          ),
        );
      },
    },
    {},
    { weatherTellMs: 450 },
  );
  await bench.ping("one");
  await bench.until(() => bench.count("answered") === 1);
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bench.toPeer, ["done"]);
  assertEquals(at, 4);
});

Deno.test("a limit that is lifted in more than six hours is not waited for", async () => {
  await using bench = await Bench.start();
  const { sandbox, agent } = bench;
  const backend = new Moody(6 * HOUR_MS + 1);
  await bench.connect(backend, {}, TELL);
  await bench.ping("peer");
  await sandbox.sendAsHuman(agent.id, "person");
  await bench.until(() => bench.count("delivered") === 2);
  assertEquals(backend.asked.toSorted(), ["peer", "person"]);
  assertEquals(bench.toPeer, ["This message could not be processed."]);
  assertMatch(sandbox.notifies(agent.id).join(), /used up what I may use/);
  const letters = bench.events.filter((event) => event.type === "dead_letter");
  assertEquals(
    letters.map(({ reason }) => reason),
    Array(2).fill(
      "The back end would have to pause for 6 hours: overloaded by SECRET",
    ),
  );
  const final = bench.events.filter((event) =>
    event.type === "turn_failed" && event.final
  );
  assertEquals(final.length, 2);
});

Deno.test("a pause is one for all conversations, however many may run at once", async () => {
  await using bench = await Bench.start();
  const backend = new Moody(2 * HOUR_MS);
  const connection = await bench.connect(backend, { concurrency: 2 });
  await bench.ping("a", { contextId: "a" });
  // The pause begins when the message waits again.
  await bench.until(() => connection.status.waiting === 1);
  await bench.ping("b", { contextId: "b" });
  await bench.until(() => bench.count("message") === 2);
  const beats = bench.count("heartbeat");
  await bench.until(() => bench.count("heartbeat") >= beats + 3);
  assertEquals(backend.asked, ["a"]);
  assertEquals(connection.status.waiting, 2);
});

Deno.test("that a message waits is no dead letter where it cannot be told", async () => {
  await using bench = await Bench.start();
  bench.sandbox.fault("a2a", faults.status(422));
  const backend = new Moody();
  const warnings: string[] = [];
  const log = {
    ...{ debug() {}, info() {}, error() {} },
    warn: (line: string) => void warnings.push(line),
  };
  await bench.connect(backend, { log }, TELL);
  await bench.ping("one");
  const told = "A sender could not be told that its message waits";
  await bench.until(() => warnings.includes(told));
  backend.isWell = true;
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bench.toPeer, ["re: one"]);
  assertEquals(bench.count("dead_letter"), 0);
});

for (const origin of ["peer", "canvas"] as const) {
  Deno.test(`a message of a ${origin} that is always refused as an overload, while others are answered, is given up and holds nobody back`, async () => {
    await using bench = await Bench.start();
    const { sandbox, agent } = bench;
    let refused = 0;
    await bench.connect({
      name: "picky",
      handle({ text }) {
        if (text !== "poison") return Promise.resolve(textReply(`re: ${text}`));
        refused++;
        return Promise.reject(new BackendError("weather", "too large for me"));
      },
    }, { maxAttempts: 2 });
    if (origin === "peer") await bench.ping("poison", { contextId: "bad" });
    else await sandbox.sendAsHuman(agent.id, "poison");
    for (let i = 1; bench.count("dead_letter") === 0; i++) {
      await bench.ping(`${i}`, { contextId: `${i}` });
      const seen = refused;
      await bench.until(() =>
        bench.count("answered") === i &&
        (refused > seen || bench.count("dead_letter") === 1)
      );
    }
    const letter = bench.events.find((event) => event.type === "dead_letter");
    assertMatch(letter!.reason, /answered others in between: too large for me/);
    const failed = bench.events.filter((event) => event.type === "turn_failed");
    const attempts = failed.map(({ attempt }) => attempt);
    // Three answers in between prove it; from then on a refusal is an attempt.
    assertEquals(attempts.length >= 5, true, attempts.join());
    assertEquals(attempts, [...Array(attempts.length - 1).fill(1), 2]);
  });
}

Deno.test("an overload in which nothing is answered is one for all, however often a message meets it", async () => {
  await using bench = await Bench.start();
  const backend = new Moody(1);
  await bench.connect(backend, { maxAttempts: 1 });
  await bench.ping("a", { contextId: "a" });
  await bench.ping("b", { contextId: "b" });
  await bench.until(() => bench.count("turn_failed") >= 12);
  backend.isWell = true;
  await bench.until(() => bench.count("answered") === 2);
  assertEquals(bench.count("dead_letter"), 0);
});
