import { assertEquals } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import type { Origin } from "../backends/backend.ts";
import type { Delivery } from "./delivery.ts";
import { PeerRate } from "./peer_rate.ts";
import { type Again, Dispatcher } from "./dispatcher.ts";

function delivery(id: string, lane: string, origin: Origin = "peer"): Delivery {
  const message = { origin, callerId: "p" } as Delivery["message"];
  return {
    id,
    timeMs: 0,
    time: {},
    key: `key-${id}`,
    lane,
    bytes: 10,
    message,
    row: null,
  };
}

/** A dispatcher whose turns end when the test says so. */
function setUp(concurrency = 1, perMinute = 0) {
  const started: string[] = [];
  const fatal: unknown[] = [];
  const paused: string[][] = [];
  const open: number[] = [];
  const turns = new Map<string, PromiseWithResolvers<Again | undefined>>();
  const dispatcher: Dispatcher = new Dispatcher({
    onChange: () => open.push(dispatcher.open),
    isHeldBack: () => false,
    rate: new PeerRate(perMinute),
    onPaused: (waiting) => paused.push([...waiting].map(({ id }) => id)),
    now: () => Date.now(), // FakeTime rules it
    concurrency,
    run: ({ id }) => {
      started.push(id);
      const turn = Promise.withResolvers<Again | undefined>();
      turns.set(id, turn);
      return turn.promise;
    },
    onFatal: (error) => fatal.push(error),
  });
  return {
    dispatcher,
    started,
    paused,
    open,
    fatal,
    fail: (id: string, error: unknown) => turns.get(id)!.reject(error),
    /** Ends a turn, and lets what follows from it happen. */
    async end(id: string, again?: Again) {
      turns.get(id)!.resolve(again);
      await settle();
    },
  };
}

/** Lets promises run; no timer is waited for. */
async function settle() {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

const later = (afterMs: number, everybody = false): Again => ({
  afterMs,
  everybody,
});

Deno.test("messages of one conversation are handled one after the other, in order", async () => {
  const { dispatcher, started, end } = setUp(4);
  for (const id of ["1", "2", "3"]) dispatcher.add(delivery(id, "a"));
  assertEquals(started, ["1"]);
  await end("1");
  assertEquals(started, ["1", "2"]);
  await end("2");
  await end("3");
  assertEquals(started, ["1", "2", "3"]);
});

for (const concurrency of [1, 2, 3]) {
  Deno.test(`with concurrency ${concurrency} as many conversations run at once, and no more`, async () => {
    const { dispatcher, started, end } = setUp(concurrency);
    for (const id of ["1", "2", "3", "4"]) dispatcher.add(delivery(id, id));
    assertEquals(started.length, concurrency);
    assertEquals(dispatcher.running, concurrency);
    await end("1");
    assertEquals(started.length, concurrency + 1);
    assertEquals(dispatcher.running, concurrency);
    for (const id of ["2", "3", "4"]) await end(id);
    assertEquals(started, ["1", "2", "3", "4"]);
  });
}

Deno.test("conversations take turns: a long one does not starve the others", async () => {
  const { dispatcher, started, end } = setUp();
  for (const id of ["a1", "a2", "a3"]) dispatcher.add(delivery(id, "a"));
  dispatcher.add(delivery("b1", "b"));
  for (const id of ["a1", "b1", "a2", "a3"]) await end(id);
  assertEquals(started, ["a1", "b1", "a2", "a3"]);
});

Deno.test("when a slot is free, people go first", async () => {
  const { dispatcher, started, end } = setUp();
  dispatcher.add(delivery("peer-1", "a"));
  dispatcher.add(delivery("peer-2", "b"));
  dispatcher.add(delivery("channel", "c", "channel"));
  dispatcher.add(delivery("person", "d", "canvas"));
  for (const id of ["peer-1", "person", "peer-2", "channel"]) await end(id);
  assertEquals(started, ["peer-1", "person", "peer-2", "channel"]);
});

Deno.test("a delivery is known while it waits and while it runs, by its id and by its key", async () => {
  const { dispatcher, end } = setUp();
  dispatcher.add(delivery("1", "a"));
  dispatcher.add(delivery("2", "a"));
  const known = () =>
    ["1", "2", "3"].map((
      id,
    ) => [dispatcher.has(id), dispatcher.hasKey(`key-${id}`)]);
  assertEquals(known(), [[true, true], [true, true], [false, false]]);
  await end("1");
  assertEquals(known(), [[false, false], [true, true], [false, false]]);
  await end("2");
  assertEquals(known().flat(), Array(6).fill(false));
});

Deno.test("deliveries without a key are not the same message", () => {
  const { dispatcher } = setUp();
  dispatcher.add({ ...delivery("1", "a"), key: "" });
  assertEquals(dispatcher.hasKey(""), false);
});

Deno.test("what waits is counted, in rows and in bytes; what runs is not", async () => {
  const { dispatcher, end } = setUp();
  for (const id of ["1", "2", "3"]) dispatcher.add(delivery(id, "a"));
  assertEquals([dispatcher.waiting, dispatcher.waitingBytes], [2, 20]);
  await end("1", later(1_000));
  assertEquals([dispatcher.waiting, dispatcher.waitingBytes], [3, 30]);
  dispatcher.stop();
});

Deno.test("a delivery that is to run again does so after its time, before the others of its conversation", async () => {
  using time = new FakeTime();
  const { dispatcher, started, end } = setUp();
  dispatcher.add(delivery("a1", "a"));
  dispatcher.add(delivery("a2", "a"));
  dispatcher.add(delivery("b1", "b"));
  await end("a1", later(1_000));
  await end("b1");
  assertEquals(started, ["a1", "b1"], "only its own conversation waits");
  await time.tickAsync(999);
  assertEquals(started, ["a1", "b1"]);
  await time.tickAsync(1);
  assertEquals(started, ["a1", "b1", "a1"]);
  await end("a1");
  assertEquals(started.at(-1), "a2");
  dispatcher.stop();
});

Deno.test("when the back end is out of order everybody waits, people too", async () => {
  using time = new FakeTime();
  const { dispatcher, started, end } = setUp(2);
  dispatcher.add(delivery("a1", "a"));
  await end("a1", later(1_000, true));
  dispatcher.add(delivery("b1", "b"));
  dispatcher.add(delivery("person", "c", "canvas"));
  await time.tickAsync(999);
  assertEquals(started, ["a1"]);
  await time.tickAsync(1);
  assertEquals(started, ["a1", "person", "a1"]);
  dispatcher.stop();
});

Deno.test("a peer beyond its rate waits in all its conversations, and nobody else does", async () => {
  using time = new FakeTime();
  const { dispatcher, started, end } = setUp(1, 2);
  for (const id of ["a1", "a2", "a3"]) dispatcher.add(delivery(id, "a"));
  dispatcher.add(delivery("b1", "b"));
  dispatcher.add(delivery("person", "c", "canvas"));
  for (const id of ["a1", "person", "b1"]) await end(id);
  assertEquals(started, ["a1", "person", "b1"]);
  assertEquals(dispatcher.waiting, 2);
  dispatcher.add(delivery("person-2", "c", "canvas"));
  await end("person-2");
  await time.tickAsync(29_999);
  assertEquals(started.length, 4);
  await time.tickAsync(1);
  assertEquals(started.at(-1), "a2");
  await end("a2");
  await time.tickAsync(30_000);
  assertEquals(started.at(-1), "a3");
  await end("a3");
  dispatcher.stop();
});

Deno.test("a wait of months is waited for: no timer is longer than one can be", async () => {
  using time = new FakeTime();
  const { dispatcher, started, end } = setUp();
  const setTimer = globalThis.setTimeout;
  const delays: number[] = [];
  globalThis.setTimeout = ((run: () => void, ms: number) => {
    delays.push(ms);
    return setTimer(run, ms);
  }) as typeof setTimeout;
  try {
    dispatcher.add(delivery("1", "a"));
    await end("1", later(2 ** 32));
    for (let i = 0; i < 3; i++) await time.tickAsync(2 ** 31 - 1);
  } finally {
    globalThis.setTimeout = setTimer;
  }
  assertEquals(Math.max(...delays), 2 ** 31 - 1); // a longer one fires at once
  assertEquals(started, ["1", "1"]);
  dispatcher.stop();
});

Deno.test("a wait that is no number does not keep a conversation waiting for ever", async () => {
  using time = new FakeTime();
  const { dispatcher, started, end } = setUp();
  dispatcher.add(delivery("1", "a"));
  await end("1", later(NaN, true));
  await time.tickAsync(1_000);
  assertEquals(started, ["1", "1"]);
  dispatcher.stop();
});

Deno.test("after stop() nothing begins, and no timer is left", async () => {
  using time = new FakeTime();
  const { dispatcher, started, end } = setUp();
  dispatcher.add(delivery("1", "a"));
  dispatcher.add(delivery("2", "b"));
  dispatcher.stop();
  dispatcher.add(delivery("3", "c"));
  await end("1", later(10));
  await time.tickAsync(1_000);
  assertEquals(started, ["1"]);
  assertEquals(dispatcher.waiting, 3);
});

Deno.test("drained() waits for what runs", async () => {
  const { dispatcher, end } = setUp(2);
  dispatcher.add(delivery("1", "a"));
  dispatcher.add(delivery("2", "b"));
  dispatcher.stop();
  let drained = false;
  const draining = dispatcher.drained().then(() => drained = true);
  await end("1");
  assertEquals(drained, false);
  await end("2");
  await draining;
  assertEquals(dispatcher.running, 0);
});

Deno.test("what run() throws is told, and the others go on", async () => {
  const { dispatcher, started, fatal, fail } = setUp();
  dispatcher.add(delivery("1", "a"));
  dispatcher.add(delivery("2", "b"));
  const bug = new Error("bug");
  fail("1", bug);
  await settle();
  assertEquals(fatal, [bug]);
  assertEquals(started, ["1", "2"]);
});

for (const origin of ["canvas", "peer"] as const) {
  Deno.test(`after a pause of everybody another conversation is tried first, also where it was for one of a ${origin}`, async () => {
    using time = new FakeTime();
    const { dispatcher, started, end } = setUp();
    dispatcher.add(delivery("hit", "a", origin));
    await end("hit", later(1_000, true));
    dispatcher.add(delivery("b1", "b"));
    dispatcher.add(delivery("c1", "c"));
    await time.tickAsync(1_000);
    assertEquals(started, ["hit", "b1"]);
    await end("b1");
    // From then on the order is what it always is.
    assertEquals(started.at(-1), "hit");
    dispatcher.stop();
  });
}

Deno.test("who waits for a pause of everybody is told: what is there, and what comes then", async () => {
  using time = new FakeTime();
  const { dispatcher, paused, end } = setUp();
  dispatcher.add(delivery("a1", "a"));
  dispatcher.add(delivery("a2", "a"));
  dispatcher.add(delivery("b1", "b"));
  assertEquals(paused, []);
  await end("a1", later(50));
  assertEquals(paused, []);
  await end("b1", later(100, true));
  assertEquals(paused.map((ids) => ids.toSorted()), [["a1", "a2", "b1"]]);
  dispatcher.add(delivery("c1", "c"));
  assertEquals(paused.slice(1), [["c1"]]);
  await time.tickAsync(100);
  dispatcher.add(delivery("d1", "d"));
  assertEquals(paused.length, 2);
  dispatcher.stop();
});

Deno.test("a delivery is open from its coming to its end, also while it waits to run again, and each change is told", async () => {
  using _ = new FakeTime();
  const { dispatcher, end, open } = setUp();
  dispatcher.add(delivery("a", "lane"));
  dispatcher.add(delivery("b", "lane"));
  assertEquals(open, [1, 2]);
  await end("a", later(1_000));
  assertEquals(dispatcher.open, 2);
  assertEquals(open, [1, 2]);
  dispatcher.stop();
});
