import { assertEquals } from "@std/assert";
import { Clock, parseRfc3339, rfc3339 } from "./clock.ts";

Deno.test("rfc3339() drops trailing zeros as the platform does", () => {
  const second = Date.UTC(2026, 7, 12, 10, 6, 41) * 1000;
  assertEquals(rfc3339(second), "2026-08-12T10:06:41Z");
  assertEquals(rfc3339(second + 390_000), "2026-08-12T10:06:41.39Z");
  assertEquals(rfc3339(second + 7), "2026-08-12T10:06:41.000007Z");
});

Deno.test("parseRfc3339() reads what rfc3339() writes, and offsets", () => {
  const micros = Date.UTC(2026, 7, 12, 10, 6, 41) * 1000 + 123_456;
  assertEquals(parseRfc3339(rfc3339(micros)), micros);
  assertEquals(parseRfc3339("2026-08-12T12:06:41.123456+02:00"), micros);
});

Deno.test("parseRfc3339() refuses what is no full time", () => {
  for (
    const text of [
      "",
      "2026-08-12",
      "2026-08-12T10:06:41",
      "2030-01-01T00:00:00 02:00",
      "2026-13-01T00:00:00Z",
    ]
  ) assertEquals(parseRfc3339(text), undefined, text);
});

Deno.test("rows that arrive in the same instant get rising times", () => {
  const clock = new Clock(() => 1_000, 0, 0);
  assertEquals(
    [clock.rowMicros(), clock.rowMicros(), clock.rowMicros()],
    [1_000_000, 1_000_001, 1_000_002],
  );
});

Deno.test("a clock that is set back gives earlier times", () => {
  const clock = new Clock(() => 100_000, 0, 0);
  clock.rowMicros();
  clock.offsetMs = -50_000;
  assertEquals(clock.rowMicros(), 50_000_000);
});

Deno.test("the Date header can be wrong by itself", () => {
  const clock = new Clock(() => 0, 60_000, 3_600_000);
  assertEquals(clock.nowMs(), 60_000);
  assertEquals(clock.dateHeader(), "Thu, 01 Jan 1970 01:01:00 GMT");
});
