import { assert, assertEquals, assertRejects } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import { Pace, readRateLimit } from "./pace.ts";

/** Fake time that `performance` goes by too. */
function fakeTime(): Disposable & FakeTime {
  const time = new FakeTime();
  const real = performance.now;
  performance.now = () => Date.now();
  const dispose = time[Symbol.dispose].bind(time);
  time[Symbol.dispose] = () => {
    performance.now = real;
    dispose();
  };
  return time;
}

const signal = new AbortController().signal;
const told = (remaining: number, resetMs: number) => ({
  status: 200,
  retryAfterMs: undefined,
  rateLimit: { limit: 600, remaining, resetMs },
});

/** How long a request waits, in milliseconds of fake time. */
async function waits(
  time: FakeTime,
  pace: Pace,
  purpose: "read" | "beat" | "post" = "read",
): Promise<number> {
  const before = Date.now();
  let done = false;
  const turn = pace.turn({ purpose, signal }).then(() => done = true);
  await time.runMicrotasks();
  while (!done) await time.nextAsync();
  await turn;
  return Date.now() - before;
}

Deno.test("readRateLimit() reads what is a limit, and nothing else", () => {
  const read = (limit?: string, remaining?: string, reset?: string) =>
    readRateLimit(
      new Headers({
        ...(limit === undefined ? {} : { "x-ratelimit-limit": limit }),
        ...(remaining === undefined
          ? {}
          : { "x-ratelimit-remaining": remaining }),
        ...(reset === undefined ? {} : { "x-ratelimit-reset": reset }),
      }),
    );
  assertEquals(read("600", "5", "7"), {
    limit: 600,
    remaining: 5,
    resetMs: 7_000,
  });
  assertEquals(read("600", "5", "999999")?.resetMs, 60_000);
  assertEquals(read("unlimited"), undefined);
  assertEquals(read("unlimited", "5", "7"), undefined);
  assertEquals(read("0", "0", "7"), undefined);
  assertEquals(read("600", "-1", "7"), undefined);
  assertEquals(read("600", "5"), undefined);
});

Deno.test("nothing waits where no limit was told, or while much is left", async () => {
  using time = fakeTime();
  const pace = new Pace();
  assertEquals(await waits(time, pace), 0);
  pace.note(told(301, 30_000));
  assertEquals(await waits(time, pace, "post"), 0);
});

Deno.test("where less than half is left, requests are spread over what is left of the window", async () => {
  using time = fakeTime();
  const pace = new Pace();
  pace.note(told(100, 29_000));
  assertEquals(await waits(time, pace), 0);
  // 30 s for 100 requests, and nobody else seems to ask.
  assertEquals(await waits(time, pace), 300);
  assertEquals(await waits(time, pace, "beat"), 0);
});

Deno.test("who shares a window takes the share of it that it had so far", async () => {
  using time = fakeTime();
  const pace = new Pace();
  pace.note(told(400, 29_000));
  for (let i = 0; i < 30; i++) await pace.turn({ purpose: "read", signal });
  pace.note(told(100, 29_000)); // 300 are gone, 30 of them our own
  await waits(time, pace);
  const ms = await waits(time, pace);
  assert(ms > 2_500 && ms < 3_100, `${ms} ms`); // a tenth of 100 requests in 30 s
});

Deno.test("reads do not stand behind a queue of posts", async () => {
  using time = fakeTime();
  const pace = new Pace();
  pace.note(told(100, 29_000));
  const posts = Array.from(
    { length: 20 },
    () => pace.turn({ purpose: "post", signal }),
  );
  assertEquals(await waits(time, pace, "read"), 0);
  assert(await waits(time, pace, "read") < 1_000); // the queue takes six seconds
  await time.runAllAsync();
  await Promise.all(posts);
});

Deno.test("where nothing is left, everything waits for the next window, beats too", async () => {
  using time = fakeTime();
  const pace = new Pace();
  pace.note(told(0, 9_000));
  const ms = await waits(time, pace, "beat");
  assert(ms >= 10_000 && ms <= 11_000, `${ms} ms`);
  assertEquals(await waits(time, pace, "post"), 0); // until an answer tells of the new window
  pace.note(told(599, 60_000));
  assertEquals(await waits(time, pace), 0);
});

Deno.test("an answer that was overtaken does not bring requests back", async () => {
  using time = fakeTime();
  const pace = new Pace();
  pace.note(told(0, 9_000));
  pace.note(told(5, 9_000));
  assert(await waits(time, pace) >= 10_000);
});

Deno.test("a wait ends with its signal, and at a stop", async () => {
  const pace = new Pace();
  pace.note(told(0, 60_000));
  const own = new AbortController();
  const cut = pace.turn({ purpose: "read", signal: own.signal });
  own.abort(new Error("cut"));
  await assertRejects(() => cut, Error, "cut");
  const last = pace.turn({ purpose: "beat", signal });
  pace.stop();
  await last;
  await pace.turn({ purpose: "post", signal });
});

Deno.test("a 429 that names a time puts off everything until then, beats too; a longer one than a window is a window", async () => {
  using time = fakeTime();
  const pace = new Pace();
  const tooMany = (retryAfterMs: number | undefined) => ({
    status: 429,
    retryAfterMs,
    rateLimit: undefined,
  });
  for (const purpose of ["read", "beat", "post"] as const) {
    pace.note(tooMany(7_000));
    pace.note(tooMany(undefined));
    assertEquals(await waits(time, pace, purpose), 7_000);
    assertEquals(await waits(time, pace, purpose), 0);
  }
  pace.note(tooMany(3_600_000));
  assertEquals(await waits(time, pace), 60_000);
  pace.note(tooMany(7_000));
  pace.stop();
  assertEquals(await waits(time, pace), 0);
});
