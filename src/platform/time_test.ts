import { assertEquals } from "@std/assert";
import { formatMicros, parseMicros } from "./time.ts";

const BASE = Date.UTC(2026, 7, 14, 9, 33, 4) * 1_000;

const TIMES: readonly (readonly [text: unknown, micros: number | undefined])[] =
  [
    ["2026-08-14T09:33:04Z", BASE],
    ["2026-08-14T09:33:04.2Z", BASE + 200_000],
    ["2026-08-14T09:33:04.280926Z", BASE + 280_926],
    ["2026-08-14T09:33:04.000001Z", BASE + 1],
    ["2026-08-14T09:33:04.280926999Z", BASE + 280_926],
    ["2026-08-14T11:33:04.5+02:00", BASE + 500_000],
    ["2026-08-14T04:03:04-05:30", BASE],
    ["1969-12-31T23:59:59.999999Z", -1],
    ["2026-08-14 09:33:04Z", undefined],
    ["2026-08-14T09:33:04", undefined],
    ["2026-08-14T09:33:04.Z", undefined],
    ["2026-08-14T25:33:04Z", undefined],
    ["2026-13-14T09:33:04Z", undefined],
    ["yesterday", undefined],
    ["", undefined],
    [1_786_000_000, undefined],
    [null, undefined],
    [undefined, undefined],
  ];
for (const [text, micros] of TIMES) {
  Deno.test(`parseMicros() makes ${micros} of ${JSON.stringify(text)}`, () => {
    assertEquals(parseMicros(text), micros);
  });
}

Deno.test("formatMicros() writes six digits, and what it writes is read back exactly", () => {
  assertEquals(formatMicros(BASE + 1), "2026-08-14T09:33:04.000001Z");
  assertEquals(formatMicros(-1), "1969-12-31T23:59:59.999999Z");
  for (let i = 0; i < 1_000; i++) {
    const micros = BASE + Math.floor(Math.random() * 1e13);
    assertEquals(parseMicros(formatMicros(micros)), micros);
  }
});
