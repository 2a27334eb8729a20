import { assertEquals, assertRejects } from "@std/assert";
import { ConnectError } from "./errors.ts";
import { silentLogger } from "./log.ts";
import { Pulse } from "./pulse.ts";
import { supervise, type SuperviseOptions } from "./supervise.ts";

const never = new Promise<void>(() => {});

function setUp(given: Partial<SuperviseOptions> = {}) {
  const pulse = new Pulse();
  const restarts: number[] = [];
  const lives: AbortSignal[] = [];
  const options: SuperviseOptions = {
    name: "The loop",
    pulse,
    stuckAfterMs: 0,
    timing: { superviseEveryMs: 1, sleptMs: 60_000 },
    log: silentLogger,
    onRestart: () => restarts.push(lives.length),
    ...given,
  };
  const stop = new AbortController();
  return {
    pulse,
    restarts,
    lives,
    stop,
    run: (loop: (life: AbortSignal, nth: number) => Promise<void>) =>
      supervise(
        (life) => {
          lives.push(life);
          return loop(life, lives.length);
        },
        options,
        stop.signal,
      ),
  };
}

Deno.test("a loop that ends, ends; what it throws is thrown", async () => {
  const { run, restarts } = setUp({ stuckAfterMs: 60_000 });
  await run(() => Promise.resolve());
  await assertRejects(
    () => run(() => Promise.reject(new Error("a bug"))),
    Error,
    "a bug",
  );
  assertEquals(restarts, []);
});

Deno.test("a stuck loop is told to end and begun anew, although it does not obey", async () => {
  const { run, restarts, lives } = setUp();
  await run((_, nth) => nth < 3 ? never : Promise.resolve());
  assertEquals(restarts, [1, 2]);
  assertEquals(lives.map((life) => life.aborted), [true, true, false]);
});

Deno.test("where beginning it anew does not help, it ends with what it is", async () => {
  const { run, restarts } = setUp();
  const error = await assertRejects(() => run(() => never), ConnectError);
  assertEquals(error.code, "STUCK");
  assertEquals(restarts.length, 3);
});

Deno.test("a step in between shows that beginning anew helped", async () => {
  const { run, pulse, restarts } = setUp();
  await run((_, nth) => {
    pulse.beat();
    return nth < 9 ? never : Promise.resolve();
  });
  assertEquals(restarts.length, 8);
});

Deno.test("a wait that was announced is no standstill", async () => {
  const { run, pulse, restarts } = setUp();
  const end = Promise.withResolvers<void>();
  const running = run(() => {
    pulse.beat(60_000);
    return end.promise;
  });
  const looks = Promise.withResolvers<void>();
  setTimeout(looks.resolve, 0); // any look that was due has been made by the time of the next one
  await looks.promise;
  end.resolve();
  await running;
  assertEquals(restarts, []);
});

Deno.test("a machine that slept: the loop is begun anew at once, and nobody was stuck", async () => {
  const { run, restarts } = setUp({
    stuckAfterMs: 60_000,
    timing: { superviseEveryMs: 1, sleptMs: 1_000 },
  });
  const real = Date.now;
  let jumpMs = 0;
  Date.now = () => real() + jumpMs;
  try {
    await run((_, nth) => {
      if (nth > 1) return Promise.resolve();
      queueMicrotask(() => jumpMs = 3_600_000);
      return never;
    });
  } finally {
    Date.now = real;
  }
  assertEquals(restarts, [1]);
});
