import { assert, assertEquals } from "@std/assert";
import { BackendError } from "../errors.ts";
import { Weather } from "./weather.ts";

const TIMING = { weatherMs: [60_000, 900_000], weatherTellMs: 60_000 } as const;
const HOUR_MS = 3_600_000;

function bad(retryAfterMs?: number): BackendError {
  return new BackendError("weather", "no", {
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** Other than what a back end may name, and how long the pause is then. */
const ASKED: readonly (readonly [number, number | undefined])[] = [
  [1_000, 1_000],
  [6 * HOUR_MS, 6 * HOUR_MS],
  [6 * HOUR_MS + 1, undefined],
  [Infinity, undefined],
];
for (const [asked, expected] of ASKED) {
  Deno.test(`a back end that asks for ${asked} ms gets ${expected}`, () => {
    assertEquals(new Weather(TIMING, 1).pauseMs(bad(asked)), expected);
  });
}

for (const asked of [undefined, 0, -5, NaN, -Infinity]) {
  Deno.test(`a back end that asks for ${asked} is left alone for 1 to 15 minutes`, () => {
    const weather = new Weather(TIMING, 1);
    for (let i = 0; i < 20; i++) {
      const ms = weather.pauseMs(bad(asked))!;
      assert(ms >= 60_000 && ms <= 900_000, String(ms));
    }
    assertEquals(weather.untilMs, undefined);
  });
}

Deno.test("a pause is worth telling from a minute on, counted from the first failure, until an answer", () => {
  const weather = new Weather(TIMING, 1);
  const now = performance.now;
  let at = 0;
  performance.now = () => at;
  try {
    const told = [30_000, 30_000, 29_000].map((asked) => {
      weather.pauseMs(bad(asked));
      at += asked;
      return weather.isLong;
    });
    assertEquals(told, [false, true, true]);
    weather.clear();
    assertEquals(weather.isLong, false);
    weather.pauseMs(bad(30_000));
    assertEquals(weather.isLong, false);
  } finally {
    performance.now = now;
  }
});

Deno.test("when the limit is lifted is known where the back end said so", () => {
  const weather = new Weather(TIMING, 1);
  const before = Date.now();
  weather.pauseMs(bad(HOUR_MS));
  const until = weather.untilMs!;
  assert(until >= before + HOUR_MS && until <= Date.now() + HOUR_MS);
  // Half a minute is when it is asked again, not when it will answer.
  weather.pauseMs(bad(30_000));
  assertEquals(weather.untilMs, undefined);
});

for (const concurrency of [1, 4]) {
  Deno.test(`with concurrency ${concurrency} an overload is one message's own once ${concurrency + 2} answers between its failures say so`, () => {
    const weather = new Weather(TIMING, concurrency);
    const it = {};
    const own: boolean[] = [];
    for (let i = 0; i < concurrency + 4; i++) {
      own.push(weather.isOnlyOf(it));
      weather.answered();
    }
    assertEquals(own.indexOf(true), concurrency + 2);
    assertEquals(own.at(-1), true);
    // Nothing was answered since: it may be anybody's.
    weather.isOnlyOf(it);
    assertEquals(weather.isOnlyOf(it), false);
    assertEquals(weather.isOnlyOf({}), false);
  });
}
