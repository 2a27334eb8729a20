import { assertEquals } from "@std/assert";
import type { Place } from "../platform/row.ts";
import { Cursor, type ReadStart } from "./cursor.ts";

/** The platform's clock, in ms since 1970. */
const NOW = 1_000_000;

/** A row whose place in the feed is its number. */
const row = (n: number): Place => ({ id: `r${n}`, micros: n * 1_000 });
const WINDOW: ReadStart = { row: null, settledAtMs: 0 };
const after = (n: number): ReadStart => ({ row: row(n), settledAtMs: n });

/** A cursor with the rows that it was told to have finished, as an intake keeps them. */
function setUp(settled?: number) {
  const cursor = new Cursor({
    settled: settled === undefined ? null : row(settled),
    settledAtMs: settled,
    last: settled === undefined ? "" : `r${settled}`,
  });
  const taken = new Set<string>();
  const done = new Set<string>();
  return {
    cursor,
    /** A read that shows rows; gives those for which the settled row went back. */
    read(from: ReadStart, ...rows: readonly Place[]): string[] {
      const trace = cursor.beginRead(from);
      return rows.filter((each) => {
        const back = cursor.show(
          trace,
          each,
          !taken.has(each.id),
          done.has(each.id),
        );
        taken.add(each.id);
        return back;
      }).map((each) => each.id);
    },
    finish(...numbers: readonly number[]) {
      for (const n of numbers) {
        taken.add(`r${n}`);
        done.add(`r${n}`);
        cursor.finish(`r${n}`);
      }
    },
  };
}

const rows = (...numbers: readonly number[]) => numbers.map(row);

Deno.test("a fresh cursor has no row", () => {
  const { cursor } = setUp();
  assertEquals([cursor.settled, cursor.last], [null, ""]);
  assertEquals(cursor.newest(() => true), undefined);
});

Deno.test("the cursor is the end of the finished prefix, in whatever order rows finish", () => {
  const { cursor, read, finish } = setUp();
  read(WINDOW, ...rows(1, 2, 3, 4));
  const seen = [4, 2, 1, 3].map((n) => (finish(n), cursor.last));
  assertEquals(seen, ["", "", "r2", "r4"]);
  assertEquals(cursor.newest(() => true), row(4));
});

Deno.test("a row that is shown again keeps its place", () => {
  const { cursor, read, finish } = setUp();
  read(WINDOW, ...rows(1, 2));
  assertEquals(read(WINDOW, ...rows(1, 2, 3)), []);
  finish(1, 2);
  assertEquals(cursor.last, "r2");
  finish(3);
  assertEquals(cursor.last, "r3");
});

Deno.test("a late row gets the place where the read shows it, and holds the cursor back", () => {
  const { cursor, read, finish } = setUp();
  read(WINDOW, ...rows(1, 3));
  finish(1, 3);
  assertEquals(cursor.last, "r3");
  assertEquals(read(WINDOW, ...rows(1, 2, 3)), [], "nothing was settled yet");
  assertEquals(cursor.last, "r1");
  finish(2);
  assertEquals(cursor.last, "r3");
});

Deno.test("a late row before all others holds the cursor at nothing", () => {
  const { cursor, read, finish } = setUp(0);
  read(after(0), ...rows(2, 3));
  finish(2, 3);
  read(after(0), ...rows(1, 2, 3));
  assertEquals(cursor.last, "r0");
  finish(1);
  assertEquals(cursor.last, "r3");
});

Deno.test("the settled row is never beyond the near base, nor beyond the finished prefix", () => {
  const { cursor, read, finish } = setUp(0);
  read(after(0), ...rows(1, 2, 3, 4));
  finish(1, 2, 4);
  assertEquals(cursor.settle(null, NOW), false);
  assertEquals(cursor.settle(row(1), NOW), true);
  assertEquals([cursor.settled, cursor.settledAtMs], [row(1), 1]);
  assertEquals(cursor.settle(row(1), NOW), false, "it is there already");
  assertEquals(cursor.settle(row(4), NOW), true);
  assertEquals(cursor.settled, row(2));
  assertEquals(cursor.settle(row(4), NOW), false, "the third is not finished");
  finish(3);
  assertEquals(cursor.settle(row(4), NOW), true);
  assertEquals([cursor.settled, cursor.last], [row(4), "r4"]);
});

Deno.test("nothing settles on a near base that is before the settled row", () => {
  const { cursor, read, finish } = setUp(5);
  read(after(5), ...rows(6, 7));
  finish(6, 7);
  assertEquals(cursor.settle(row(4), NOW), false);
  assertEquals(cursor.settled, row(5));
});

Deno.test("a row without a time settles, and leaves the time of the one before", () => {
  const { cursor, read, finish } = setUp(1);
  const dateless = { id: "r2", micros: undefined };
  read(after(1), dateless);
  finish(2);
  cursor.settle(dateless, NOW);
  assertEquals([cursor.settled, cursor.settledAtMs], [dateless, 1]);
});

/** Rows 1 to 6 are read and settled up to 4; 5 is finished, 6 is not. */
function settledAtFour() {
  const given = setUp(0);
  given.read(after(0), ...rows(1, 2, 4, 5, 6));
  given.finish(1, 2, 4, 5);
  given.cursor.settle(row(4), NOW);
  return given;
}

Deno.test("a late row before the settled one takes that one back to where the read began", () => {
  const { cursor, read, finish } = settledAtFour();
  assertEquals(read(after(1), ...rows(2, 3, 4, 5, 6)), ["r3"]);
  assertEquals([cursor.settled, cursor.settledAtMs], [row(1), 1]);
  assertEquals(
    cursor.last,
    "r2",
    "what is finished before the late row counts",
  );
  finish(3);
  assertEquals(cursor.last, "r5");
  cursor.settle(row(5), NOW);
  assertEquals(cursor.settled, row(5));
  finish(6);
  assertEquals(cursor.last, "r6");
});

Deno.test("the settled row goes back once, however many late rows a read shows", () => {
  const { cursor, read, finish } = settledAtFour();
  const late = { id: "r3b", micros: 3_500 };
  assertEquals(read(after(0), ...rows(1, 2, 3), late, ...rows(4, 5, 6)), [
    "r3",
  ]);
  assertEquals(cursor.settled, row(0));
  finish(3);
  assertEquals(cursor.last, "r3");
});

Deno.test("a read that is cut after a late row leaves the others their places", () => {
  const { cursor, read, finish } = settledAtFour();
  assertEquals(read(after(1), ...rows(2, 3)), ["r3"]);
  const late = { id: "late", micros: 4_500 };
  assertEquals(read(after(4), late, ...rows(5, 6)), []);
  assertEquals([cursor.settled, cursor.last], [row(1), "r2"]);
  finish(3);
  assertEquals(cursor.last, "r4");
  cursor.finish("late");
  assertEquals(cursor.last, "r5");
});

Deno.test("a window that shows a late row takes the settled one back to nothing, and its time to the window's", () => {
  const { cursor, read } = settledAtFour();
  const window = { row: null, settledAtMs: 77 };
  assertEquals(read(window, ...rows(2, 3, 4, 5)), ["r3"]);
  assertEquals([cursor.settled, cursor.settledAtMs], [null, 77]);
});

Deno.test("rows from before the settled one that are done do not take it back", () => {
  const { cursor, read } = settledAtFour();
  assertEquals(read(after(0), ...rows(1, 2, 4, 5, 6, 7)), []);
  assertEquals(cursor.settled, row(4));
  assertEquals(cursor.newest(() => true), row(7));
});

Deno.test("a late row right after the settled one only holds the cursor back", () => {
  const { cursor, read } = settledAtFour();
  const late = { id: "late", micros: 4_500 };
  assertEquals(read(after(1), row(2), row(4), late, row(5), row(6)), []);
  assertEquals([cursor.settled, cursor.last], [row(4), "r4"]);
});

Deno.test("a lost cursor forgets the row, but neither its time nor what is unfinished", () => {
  const { cursor, read, finish } = settledAtFour();
  cursor.lose();
  assertEquals([cursor.settled, cursor.settledAtMs, cursor.last], [
    null,
    4,
    "",
  ]);
  assertEquals(read({ row: null, settledAtMs: 3 }, ...rows(5, 6, 7)), []);
  assertEquals(cursor.last, "r5");
  finish(6, 7);
  assertEquals(cursor.last, "r7");
  cursor.settle(row(7), NOW);
  assertEquals([cursor.settled, cursor.settledAtMs], [row(7), 7]);
});

Deno.test("a row that was read ahead joins the prefix when the head reaches it", () => {
  const { cursor, read, finish } = setUp(0);
  read(after(0), row(1));
  finish(3); // taken by id, ahead of the head
  finish(1);
  assertEquals(cursor.last, "r1");
  read(after(1), ...rows(2, 3));
  assertEquals(cursor.last, "r1");
  finish(2);
  assertEquals(cursor.last, "r3");
});

Deno.test("a row that was read ahead and still runs holds the cursor when the head reaches it", () => {
  const { cursor, finish } = setUp(0);
  const trace = cursor.beginRead(after(0));
  cursor.show(trace, row(1), false, false);
  cursor.show(trace, row(2), true, false);
  finish(2);
  assertEquals(cursor.last, "r0");
  finish(1);
  assertEquals(cursor.last, "r2");
});

Deno.test("a platform that hands each row out once: new rows behind an old base are new, not late", () => {
  const { cursor, read, finish } = setUp(0);
  read(after(0), ...rows(1, 2, 3));
  read(after(0), ...rows(4, 5)); // the base is old, the rows are not shown again
  finish(1, 2, 4, 5);
  assertEquals(cursor.last, "r2");
  assertEquals(cursor.newest(() => true), row(5));
  finish(3);
  assertEquals(cursor.last, "r5");
});

Deno.test("newest() looks from the newest row back to the settled one", () => {
  const { cursor } = settledAtFour();
  assertEquals(cursor.newest(() => true), row(6));
  assertEquals(cursor.newest(({ micros }) => micros! < 5_000), row(4));
  assertEquals(cursor.newest(() => false), undefined);
});
