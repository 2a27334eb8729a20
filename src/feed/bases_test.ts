import { assertEquals } from "@std/assert";
import type { Place } from "../platform/row.ts";
import { TIMING } from "../timing.ts";
import { type Base, Bases, type EndedRead, isSameBase } from "./bases.ts";

/** The platform's clock, in ms since 1970. */
const NOW = 1_786_700_000_000;
/** A row that came so many seconds ago. */
const ago = (seconds: number): Place => ({
  id: `-${seconds}s`,
  micros: (NOW - seconds * 1_000) * 1_000,
});
const dateless = (id: string): Place => ({ id, micros: undefined });
const START = ago(1_000);

function ended(
  bases: Bases,
  from: Base,
  shown: readonly Place[],
  more: Partial<EndedRead> = {},
) {
  bases.ended({
    from,
    complete: true,
    dateMs: NOW,
    shown,
    newest: () => undefined,
    ...more,
  });
}

/** Bases after a first read that showed rows of every age. */
function setUp() {
  const bases = new Bases(START, TIMING);
  bases.next(0);
  ended(bases, START, [ago(400), ago(100), ago(10), ago(1)]);
  return bases;
}

Deno.test("a read from all three moves each to the newest row that is old enough", () => {
  const bases = setUp();
  assertEquals(bases.head, ago(1));
  assertEquals(bases.near, ago(10));
  bases.farNext();
  assertEquals(bases.next(1), ago(400));
});

Deno.test("a row is old when it is older than the age by the answer's clock, not just as old", () => {
  const bases = new Bases(START, TIMING);
  ended(bases, START, [ago(6), ago(5)]);
  assertEquals(bases.near, ago(6));
});

Deno.test("the head alone moves at the end of a read from it", () => {
  const bases = setUp();
  ended(bases, ago(1), [ago(0.5)], { dateMs: NOW + 3_600_000 });
  assertEquals([bases.head, bases.near], [ago(0.5), ago(10)]);
});

Deno.test("a read from the near base moves it and the head, but not the far one", () => {
  const bases = setUp();
  ended(bases, ago(10), [ago(1), ago(0.5)], { dateMs: NOW + 4_500 });
  assertEquals([bases.head, bases.near], [ago(0.5), ago(1)]);
  bases.farNext();
  assertEquals(bases.next(1), ago(400));
});

Deno.test("a read that shows nothing old leaves its base", () => {
  const bases = setUp();
  ended(bases, ago(10), [ago(1)]);
  assertEquals([bases.head, bases.near], [ago(1), ago(10)]);
});

Deno.test("a read that shows nothing at all moves nothing", () => {
  const bases = setUp();
  ended(bases, ago(1), []);
  assertEquals([bases.head, bases.near], [ago(1), ago(10)]);
});

Deno.test("a row without a readable time counts as old", () => {
  const bases = new Bases(START, TIMING);
  ended(bases, START, [dateless("a"), ago(1), dateless("b")]);
  assertEquals([bases.head, bases.near], [dateless("b"), dateless("b")]);
});

Deno.test("a read from another row than a base moves no base, but the head where it passes it", () => {
  const bases = setUp();
  ended(bases, ago(50), [ago(10), ago(1), ago(0.5)]);
  assertEquals([bases.head, bases.near], [ago(0.5), ago(10)]);
});

Deno.test("a read that was cut before the head moves its base as far as it came, and not the head", () => {
  const bases = setUp();
  ended(bases, ago(400), [ago(390), ago(380)], { complete: false });
  assertEquals(bases.head, ago(1));
  assertEquals(bases.near, ago(10));
  bases.farNext();
  assertEquals(bases.next(1), ago(380));
});

Deno.test("a platform that shows a row only once: the bases move to the newest seen rows", () => {
  const bases = setUp();
  const seen = [ago(400), ago(100), ago(10), ago(1), ago(0.2)];
  ended(bases, ago(10), [ago(0.2)], {
    dateMs: NOW + 4_500,
    newest: (is) => seen.findLast(is),
  });
  assertEquals([bases.head, bases.near], [ago(0.2), ago(1)]);
});

Deno.test("reads are from the head, once a second from the near base, once a minute from the far one", () => {
  const bases = setUp(); // everything was read at 0
  const reads = [
    0,
    500,
    999,
    1_000,
    1_500,
    2_000,
    59_999,
    60_000,
    60_001,
    61_000,
  ];
  assertEquals(
    reads.map((now) => (bases.next(now) as Place).id),
    [
      "-1s",
      "-1s",
      "-1s",
      "-10s",
      "-1s",
      "-10s",
      "-10s",
      "-400s",
      "-1s",
      "-10s",
    ],
  );
});

Deno.test("a base that is the head is never due: a read from the head is one from it", () => {
  const bases = new Bases(START, TIMING);
  assertEquals([bases.next(0), bases.dueAt()], [START, Infinity]);
  ended(bases, START, [ago(400)]);
  assertEquals([bases.near, bases.dueAt()], [ago(400), Infinity]);
});

Deno.test("dueAt() is when the next read from a base is due", () => {
  const bases = setUp();
  assertEquals(bases.dueAt(), 1_000);
  bases.next(1_000);
  assertEquals(bases.dueAt(), 2_000);
  bases.farNext();
  assertEquals(bases.dueAt(), -Infinity);
});

Deno.test("a read from a base that fails is not repeated before the next one is due", () => {
  const bases = setUp();
  assertEquals(bases.next(1_000), ago(10));
  assertEquals(bases.next(1_001), ago(1));
});

const WINDOW = { startMs: NOW - 30_000 };

Deno.test("while a window shows nothing the next read is that window again", () => {
  const bases = new Bases(WINDOW, TIMING);
  for (const now of [0, 10, 2_000, 70_000]) {
    assertEquals(bases.next(now), WINDOW);
    ended(bases, WINDOW, []);
  }
  assertEquals(bases.near, null);
});

Deno.test("a window that shows only new rows gives a head, and stays the other bases", () => {
  const bases = new Bases(WINDOW, TIMING);
  bases.next(0);
  ended(bases, WINDOW, [ago(2), ago(1)]);
  assertEquals([bases.head, bases.near], [ago(1), null]);
  assertEquals(bases.next(500), ago(1));
  assertEquals(bases.next(1_000), WINDOW);
});

Deno.test("a window that holds more than may wait is replaced by its oldest row", () => {
  const bases = new Bases(WINDOW, TIMING);
  bases.next(0);
  bases.replace(WINDOW, ago(30));
  ended(bases, ago(30), [ago(20), ago(10)], { complete: false });
  assertEquals([bases.head, bases.near], [ago(10), ago(10)]);
});

Deno.test("reset() begins anew, the far base no later than before, and every base is due", () => {
  const bases = setUp();
  const far = { startMs: ago(400).micros! / 1_000 };
  bases.reset(WINDOW);
  assertEquals([bases.head, bases.near, bases.next(1)], [WINDOW, null, far]);
  assertEquals(bases.next(1), WINDOW);
  bases.reset({ startMs: far.startMs - 1 });
  assertEquals(bases.next(2), { startMs: far.startMs - 1 });
});

Deno.test("bases are the same by the row's id, or by the window's beginning", () => {
  assertEquals(isSameBase(ago(1), { ...ago(1), micros: 5 }), true);
  assertEquals(isSameBase(ago(1), ago(2)), false);
  assertEquals(isSameBase(WINDOW, { ...WINDOW }), true);
  assertEquals(isSameBase(WINDOW, { startMs: 1 }), false);
  assertEquals(isSameBase(WINDOW, ago(1)), false);
  assertEquals(isSameBase(ago(1), WINDOW), false);
});
