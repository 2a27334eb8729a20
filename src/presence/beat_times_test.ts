/** When beats are due, and what is known of what they told. */
import { assertEquals, assertRejects } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import { Gate } from "../platform/gate.ts";
import { TIMING } from "../timing.ts";
import { BeatTimes, NotToldError } from "./beat_times.ts";
import { type OpenWork, Presence } from "./presence.ts";

const { beatMergeMs, beatGapMs, tightBeatGapMs } = TIMING;
const INTERVAL_MS = 30_000;

/** Beat times in fake time, over a presence whose work the test decides. */
class Stage implements Disposable {
  readonly time = new FakeTime();
  readonly presence = new Presence({
    redact: (text) => text,
    timing: TIMING,
    post: () => {},
  });
  readonly times: BeatTimes;
  readonly stop = new AbortController();
  work: OpenWork = {
    open: () => 0,
    recovered: () => [],
    owesPerson: () => false,
    isHeldBack: () => false,
  };
  hasRoom = true;
  readonly #now = performance.now;

  constructor() {
    performance.now = () => Date.now();
    this.presence.watch({
      open: () => this.work.open(),
      recovered: () => this.work.recovered(),
      owesPerson: () => this.work.owesPerson(),
      isHeldBack: () => false,
    });
    this.times = new BeatTimes({
      presence: this.presence,
      gate: new Gate(TIMING),
      timing: TIMING,
      hasRoom: () => this.hasRoom,
    });
  }

  /** So many messages are open. */
  set open(count: number) {
    this.work = { ...this.work, open: () => count };
    this.presence.changed();
  }

  /** A beat goes out and is taken. */
  beat(): void {
    this.times.next();
    this.times.answered(true);
  }

  /** How long it is until the next beat is due, when `meanwhile` happens in its time. */
  async rests(meanwhile: Readonly<Record<number, () => void>> = {}) {
    const from = Date.now();
    let over = false;
    const rest = this.times.rest(INTERVAL_MS, this.stop.signal)
      .then(() => over = true);
    for (const [at, act] of Object.entries(meanwhile)) {
      setTimeout(act, Number(at));
    }
    await settle();
    while (!over) {
      await this.time.nextAsync();
      await settle();
    }
    await rest;
    return Date.now() - from;
  }

  [Symbol.dispose](): void {
    this.stop.abort();
    performance.now = this.#now;
    this.time.restore();
  }
}

Deno.test("where nothing changes the next beat is the timer's", async () => {
  using stage = new Stage();
  stage.beat();
  const rested = await stage.rests({ 100: () => stage.presence.changed() });
  assertEquals(rested, INTERVAL_MS);
});

Deno.test("a change is told at once, with what changes in the same moment", async () => {
  using stage = new Stage();
  stage.beat();
  const rested = await stage.rests({ 1_000: () => stage.open = 1 });
  assertEquals(rested, 1_000 + beatMergeMs);
});

Deno.test("changes that follow each other are one beat after the gap, and the last one counts", async () => {
  using stage = new Stage();
  stage.open = 1;
  stage.beat();
  const rested = await stage.rests({
    10: () => stage.open = 0,
    20: () => stage.open = 1,
    30: () => stage.open = 0,
  });
  assertEquals(rested, beatGapMs);
  assertEquals(stage.times.next().active_tasks, 0);
});

Deno.test("what changed back within the gap is nothing to tell", async () => {
  using stage = new Stage();
  stage.beat();
  const rested = await stage.rests({
    10: () => stage.open = 1,
    20: () => stage.open = 0,
  });
  assertEquals(rested, INTERVAL_MS);
});

Deno.test("one more message that waits beside a turn is nothing to tell, one less is", async () => {
  using stage = new Stage();
  const message = { origin: "peer", callerName: "Polly" };
  using _ = stage.presence.handles(
    message as Parameters<Presence["handles"]>[0],
  );
  stage.open = 1;
  stage.beat();
  const rested = await stage.rests({
    5_000: () => stage.open = 2,
    9_000: () => stage.open = 0,
  });
  assertEquals(rested, 9_000 + beatMergeMs);
});

Deno.test("where the platform has little room, changes are told more rarely", async () => {
  using stage = new Stage();
  stage.hasRoom = false;
  stage.beat();
  const rested = await stage.rests({ 10: () => stage.open = 1 });
  assertEquals(rested, tightBeatGapMs);
});

Deno.test("a beat that is asked for goes out at once, whether anything changed or not", async () => {
  using stage = new Stage();
  stage.beat();
  const rested = await stage.rests({ 7: () => stage.presence.beatNow() });
  assertEquals(rested, 7);
  stage.times.next();
  stage.presence.beatNow(); // while that one is under way
  stage.times.answered(true);
  assertEquals(await stage.rests(), 0);
});

/** Everything runs that can run now. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

/** Whether `told` has settled after that. */
async function isSettled(told: Promise<void>): Promise<boolean> {
  let settled = false;
  const note = () => settled = true;
  told.then(note, note);
  await settle();
  return settled;
}

Deno.test("a task that the last beat told is told", async () => {
  using stage = new Stage();
  stage.open = 1;
  stage.beat();
  await stage.times.untilTold(stage.stop.signal);
});

Deno.test("else a beat is asked for, and one that is under way without a task does not do", async () => {
  using stage = new Stage();
  stage.times.next();
  stage.open = 1;
  const told = stage.times.untilTold(stage.stop.signal);
  stage.times.answered(true);
  assertEquals(await isSettled(told), false);
  await stage.times.rest(INTERVAL_MS, stage.stop.signal); // it is asked for
  stage.times.next();
  assertEquals(await isSettled(told), false);
  stage.times.answered(true);
  await told;
});

Deno.test("a task that a beat under way takes back is not told any more", async () => {
  using stage = new Stage();
  stage.open = 1;
  stage.beat();
  stage.open = 0;
  stage.times.next();
  stage.open = 1;
  const told = stage.times.untilTold(stage.stop.signal);
  assertEquals(await isSettled(told), false);
  stage.times.answered(true);
  assertEquals(await isSettled(told), false);
  stage.beat();
  await told;
});

Deno.test("where beats are not taken nobody waits for one", async () => {
  using stage = new Stage();
  stage.open = 1;
  const told = stage.times.untilTold(stage.stop.signal);
  stage.times.next();
  stage.times.answered(false);
  await assertRejects(() => told, NotToldError);
  await assertRejects(
    () => stage.times.untilTold(stage.stop.signal),
    NotToldError,
  );
});

Deno.test("where nothing is going on any more nobody waits for a beat that says so", async () => {
  using stage = new Stage();
  const told = stage.times.untilTold(stage.stop.signal);
  stage.beat();
  await assertRejects(() => told, NotToldError);
});

Deno.test("a beat that was asked for goes out once, and the timer goes on", async () => {
  using stage = new Stage();
  stage.beat();
  stage.presence.beatNow();
  assertEquals(await stage.rests(), 0);
  stage.beat();
  assertEquals(await stage.rests(), INTERVAL_MS);
});

Deno.test("that the feed cannot be read is told before the timer's next beat", async () => {
  using stage = new Stage();
  stage.beat();
  const rested = await stage.rests({
    10_000: () => stage.presence.polled(new Error("no answer")),
  });
  assertEquals(rested, 10_000 + beatMergeMs);
});
