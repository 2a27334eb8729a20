import { assertEquals } from "@std/assert";
import { inWords, parseDuration } from "./duration.ts";

const CASES: readonly (readonly [string, number | undefined])[] = [
  ["90s", 90_000],
  ["5m", 300_000],
  ["1h30m", 5_400_000],
  ["500ms", 500],
  ["1m500ms", 60_500],
  ["1.5s", 1_500],
  ["0.25h", 900_000],
  ["1ms", 1],
  ["24h", 86_400_000],
  ["", undefined],
  ["5", undefined],
  ["s", undefined],
  ["0s", undefined],
  ["0.4ms", undefined],
  ["-5s", undefined],
  ["5 s", undefined],
  ["5d", undefined],
  ["5S", undefined],
  [".5s", undefined],
  ["1e3s", undefined],
  ["5s5", undefined],
  ["2147483647ms", 2_147_483_647],
  ["2147483648ms", undefined],
  ["1000h", undefined],
];
for (const [text, ms] of CASES) {
  Deno.test(`parseDuration() makes ${ms} ms of ${JSON.stringify(text)}`, () => {
    assertEquals(parseDuration(text), ms);
  });
}

const WORDS: readonly (readonly [number, string])[] = [
  [60_000, "1 minute"],
  [300_000, "5 minutes"],
  [1_000, "1 second"],
  [90_000, "90 seconds"],
  [500, "0.5 seconds"],
];
for (const [ms, words] of WORDS) {
  Deno.test(`inWords() calls ${ms} ms ${words}`, () => {
    assertEquals(inWords(ms), words);
  });
}
