/** Receipts: after a beat, one a message, and never in the way of an answer. */
import { assertEquals } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import { silentLogger } from "../log.ts";
import { TIMING } from "../timing.ts";
import { Receipts } from "./receipts.ts";

/** Receipts whose beats and posts end when the test says so. */
class Stage implements Disposable {
  readonly time = new FakeTime();
  readonly stop = new AbortController();
  readonly asked: string[] = [];
  hasRoom = true;
  told = Promise.withResolvers<void>();
  posted = Promise.withResolvers<void>();
  settled = 0;
  readonly receipts = new Receipts({
    client: {
      logActivity: async (activity, signal) => {
        this.asked.push(`${activity.activity_type} ${activity.summary}`);
        await orAborted(this.posted.promise, signal);
      },
    },
    times: {
      untilTold: async (signal) => {
        this.asked.push("beat");
        await orAborted(this.told.promise, signal);
      },
    },
    hasRoom: () => this.hasRoom,
    timing: TIMING,
    log: silentLogger,
    stop: this.stop.signal,
    onSettled: () => this.settled++,
  });

  /** Whether an answer to `row` may go out now; it waits for `receipts.settled()`. */
  async isFree(row: string): Promise<boolean> {
    let free = false;
    this.receipts.settled(row, this.stop.signal).then(() => free = true);
    await settle();
    return free;
  }

  [Symbol.dispose](): void {
    this.stop.abort();
    this.time.restore();
  }
}

/** Everything runs that can run now. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

async function orAborted(what: Promise<void>, signal: AbortSignal) {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  signal.addEventListener("abort", () => aborted.reject(signal.reason), {
    once: true,
  });
  await Promise.race([what, aborted.promise]);
}

Deno.test("a receipt comes after the beat, and the answer after the receipt", async () => {
  using stage = new Stage();
  const { receipts } = stage;
  receipts.pickedUp("r-1");
  assertEquals(await stage.isFree("r-1"), false);
  assertEquals([stage.asked, receipts.isPending], [["beat"], true]);
  stage.told.resolve();
  assertEquals(await stage.isFree("r-1"), false);
  assertEquals(stage.asked, ["beat", "a2a_receive picked up"]);
  stage.posted.resolve();
  await settle();
  assertEquals(await stage.isFree("r-1"), true);
  assertEquals([stage.settled, receipts.isPending], [1, false]);
});

Deno.test("a row without a receipt waits for none", async () => {
  using stage = new Stage();
  stage.receipts.pickedUp("r-1");
  assertEquals(await stage.isFree("r-2"), true);
});

Deno.test("an answer waits no longer than two seconds; then the receipt is dropped", async () => {
  using stage = new Stage();
  const { receipts, time } = stage;
  receipts.pickedUp("r-1");
  let free = false;
  receipts.settled("r-1", stage.stop.signal).then(() => free = true);
  await time.tickAsync(TIMING.receiptWaitMs - 1);
  assertEquals(free, false);
  await time.tickAsync(1);
  await settle();
  assertEquals([free, receipts.isPending], [true, false]);
  stage.told.resolve();
  await settle();
  assertEquals(stage.asked, ["beat"]);
});

Deno.test("a beat or a post that fails changes nothing, and the next receipt has its own try", async () => {
  using stage = new Stage();
  const { receipts } = stage;
  receipts.pickedUp("r-1");
  stage.told.reject(new Error("no beat"));
  await settle();
  assertEquals([await stage.isFree("r-1"), receipts.isPending], [true, false]);
  stage.told = Promise.withResolvers();
  stage.told.resolve();
  stage.posted.reject(new Error("no post"));
  receipts.pickedUp("r-2");
  await settle();
  assertEquals([await stage.isFree("r-2"), receipts.isPending], [true, false]);
  assertEquals(stage.asked, ["beat", "beat", "a2a_receive picked up"]);
});

Deno.test("where the platform has little room there is none", async () => {
  using stage = new Stage();
  stage.hasRoom = false;
  stage.receipts.pickedUp("r-1");
  await settle();
  assertEquals([stage.asked, stage.receipts.isPending], [[], false]);
});

Deno.test("one that takes too long is dropped, and a stop drops all", async () => {
  using stage = new Stage();
  const { receipts, time } = stage;
  receipts.pickedUp("r-1");
  await time.tickAsync(TIMING.receiptLifeMs);
  await settle();
  assertEquals(receipts.isPending, false);
  receipts.pickedUp("r-2");
  receipts.pickedUp("r-3");
  stage.stop.abort();
  await receipts.ended();
  assertEquals(receipts.isPending, false);
  receipts.pickedUp("r-4");
  assertEquals(receipts.isPending, false);
});
