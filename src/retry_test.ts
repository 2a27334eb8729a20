import { assert, assertEquals } from "@std/assert";
import { Backoff, retryAfterMs } from "./retry.ts";

function withRandom<T>(value: number, run: () => T): T {
  const real = Math.random;
  Math.random = () => value;
  try {
    return run();
  } finally {
    Math.random = real;
  }
}

Deno.test("the bound of a Backoff doubles up to its cap", () => {
  const backoff = new Backoff(100, 1_000);
  const bounds = withRandom(
    1,
    () => Array.from({ length: 6 }, () => backoff.next()),
  );
  assertEquals(bounds, [100, 200, 400, 800, 1_000, 1_000]);
  assertEquals(backoff.failures, 6);
});

Deno.test("a Backoff draws from nothing up to its bound", () => {
  assertEquals(withRandom(0, () => new Backoff(100, 1_000).next()), 0);
  assertEquals(withRandom(0.5, () => new Backoff(100, 1_000).next()), 50);
});

Deno.test("a Backoff begins again after a success", () => {
  const backoff = new Backoff(100, 1_000);
  withRandom(1, () => [backoff.next(), backoff.next()]);
  backoff.reset();
  assertEquals(backoff.failures, 0);
  assertEquals(withRandom(1, () => backoff.next()), 100);
});

Deno.test("a Backoff waits at least as long as asked, but not for ever", () => {
  assertEquals(withRandom(0, () => new Backoff(1, 1).next(90_000)), 90_000);
  assertEquals(withRandom(0, () => new Backoff(1, 1).next(Infinity)), 600_000);
  assertEquals(withRandom(1, () => new Backoff(500, 500).next(100)), 500);
});

Deno.test("a Backoff stays finite however often it fails", () => {
  const backoff = new Backoff(500, 60_000);
  for (let i = 0; i < 5_000; i++) {
    const wait = backoff.next();
    assert(wait >= 0 && wait <= 60_000);
  }
});

const NOW = Date.parse("2026-08-14T12:00:00Z");
const HEADERS: readonly (readonly [string | null, number | undefined])[] = [
  [null, undefined],
  ["30", 30_000],
  [" 7 ", 7_000],
  ["0", 1_000],
  ["Fri, 14 Aug 2026 12:00:20 GMT", 20_000],
  ["Fri, 14 Aug 2026 11:00:00 GMT", 1_000],
  ["soon", undefined],
  ["", undefined],
];
for (const [header, ms] of HEADERS) {
  Deno.test(`Retry-After ${JSON.stringify(header)} asks for ${ms} ms`, () => {
    assertEquals(retryAfterMs(header, NOW), ms);
  });
}
