import { assert, assertEquals } from "@std/assert";
import { PlatformClock } from "./platform_clock.ts";

const HOUR_MS = 3_600_000;

/** Runs with our own clock set by `ms`. */
function setBy<T>(ms: number, run: () => T): T {
  const real = Date.now;
  Date.now = () => real() + ms;
  try {
    return run();
  } finally {
    Date.now = real;
  }
}

Deno.test("before any answer it is our own clock", () => {
  const before = Date.now();
  assert(new PlatformClock().now >= before);
});

Deno.test("our clock set forward: the time may be later, and is surely not before", () => {
  const clock = new PlatformClock();
  clock.told(1_000, Date.now());
  setBy(HOUR_MS, () => {
    assert(clock.now >= 1_000 + HOUR_MS); // or the machine slept: nobody can tell
    assert(clock.atLeast < 1_000 + HOUR_MS);
  });
});

Deno.test("our clock set back changes nothing", () => {
  const clock = new PlatformClock();
  clock.told(1_000, Date.now());
  setBy(-HOUR_MS, () => assert(clock.now >= 1_000));
});

Deno.test("a body that takes long makes the time no earlier", () => {
  const clock = new PlatformClock();
  clock.told(1_000, Date.now() - 50);
  assertEquals([clock.now >= 1_050, clock.atLeast >= 1_050], [true, true]);
});
