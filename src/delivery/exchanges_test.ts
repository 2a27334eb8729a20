import { assertEquals } from "@std/assert";
import { Exchanges } from "./exchanges.ts";

const HOUR = 3_600_000;
const START = 1_800_000_000_000;

function setUp(most: number, before: Exchanges | undefined = undefined) {
  const clock = { now: START };
  const exchanges = new Exchanges({
    most,
    windowMs: HOUR,
    now: () => clock.now,
    before: before?.snapshot() ?? [],
  });
  /** The peer answers an answer of ours, ten seconds after it. */
  const alternate = (lane = "a") => {
    exchanges.answered(lane);
    clock.now += 10_000;
    return exchanges.message(lane, clock.now);
  };
  return { clock, exchanges, alternate };
}

Deno.test("beyond the limit the peer's answers are too much, until the hour is over", () => {
  const { clock, exchanges, alternate } = setUp(3);
  assertEquals(
    [alternate(), alternate(), alternate()],
    Array(3).fill("goes on"),
  );
  assertEquals(alternate(), "is too much, for the first time");
  assertEquals(exchanges.message("a", clock.now), "is too much");
  clock.now += HOUR;
  assertEquals(exchanges.message("a", clock.now), "goes on");
  assertEquals([alternate(), alternate()], Array(2).fill("goes on"));
  assertEquals(alternate(), "is too much, for the first time");
});

Deno.test("each conversation has its own count", () => {
  const { alternate } = setUp(1);
  assertEquals(alternate("a"), "goes on");
  assertEquals(alternate("a"), "is too much, for the first time");
  assertEquals(alternate("b"), "goes on");
});

Deno.test("what was sent before our answer is no exchange, however late it is read", () => {
  const { clock, exchanges } = setUp(1);
  for (let i = 0; i < 100; i++) {
    assertEquals(exchanges.message("a", START), "goes on");
    clock.now += 10_000;
    exchanges.answered("a");
  }
  for (let i = 0; i < 100; i++) {
    assertEquals(exchanges.message("a", START), "goes on");
  }
});

Deno.test("many messages after one answer are one exchange", () => {
  const { clock, exchanges } = setUp(1);
  exchanges.answered("a");
  clock.now += 10_000;
  for (let i = 0; i < 100; i++) {
    assertEquals(exchanges.message("a", clock.now), "goes on");
  }
});

Deno.test("a message whose time cannot be read, or of a clock that is a little behind, counts as one of now", () => {
  const { clock, exchanges, alternate } = setUp(1);
  assertEquals(alternate(), "goes on");
  exchanges.answered("a");
  assertEquals(exchanges.message("a", 0), "is too much, for the first time");
  assertEquals(exchanges.message("a", clock.now - 1_500), "is too much");
  assertEquals(exchanges.message("a", clock.now - 2_500), "goes on");
});

Deno.test("with 0 there is no limit, and nothing is kept", () => {
  const { exchanges, alternate } = setUp(0);
  for (let i = 0; i < 1_000; i++) assertEquals(alternate(), "goes on");
  assertEquals(exchanges.snapshot(), []);
});

Deno.test("a restart goes on with the count", () => {
  const first = setUp(3);
  for (let i = 0; i < 3; i++) first.alternate();
  const { clock, alternate } = setUp(3, first.exchanges);
  clock.now = first.clock.now;
  assertEquals(alternate(), "is too much, for the first time");
});

Deno.test("a clock that is set far back does not make the hour longer; one that jitters begins none anew", () => {
  const { clock, exchanges, alternate } = setUp(1);
  alternate();
  clock.now -= 20_000;
  assertEquals(alternate(), "is too much, for the first time");
  clock.now -= 10 * HOUR;
  exchanges.answered("a");
  assertEquals(exchanges.message("a", clock.now), "goes on");
});

Deno.test("of many conversations the newest are counted, and those with the highest counts are saved", () => {
  const { clock, exchanges, alternate } = setUp(2);
  for (let i = 0; i < 2_000; i++) alternate(`lane ${i}`);
  alternate("lane 1999");
  const saved = exchanges.snapshot();
  assertEquals(saved.length, 100);
  assertEquals([saved[0]![0], saved[0]![3]], ["lane 1999", 2]);
  // The oldest is forgotten: what it counted does not come back.
  alternate("lane 0");
  assertEquals(exchanges.message("lane 0", clock.now), "goes on");
  clock.now += HOUR;
  assertEquals(exchanges.snapshot(), []);
});
