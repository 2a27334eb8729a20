/** Reads of a window: paged back from its newest row, and turned to rising time. */
import { assert, assertEquals } from "@std/assert";
import { last, NOW, series, setUp } from "./fake_feed_test.ts";

const MINUTE = 60_000;

Deno.test("a window comes newest first, and is taken in from its oldest row on", async () => {
  const { feed, read, intake } = setUp(series(20, 100, 100));
  const { complete, shown, progress } = await read(last(MINUTE));
  assert(complete);
  assertEquals(shown, feed.ids);
  assertEquals(intake.taken, feed.ids);
  assertEquals(progress.dateMs, NOW);
  assertEquals(feed.asked, [{ sinceSecs: 60, limit: 50 }]);
});

for (
  const [ms, secs] of [[0, 1], [1, 1], [1_500, 2], [
    90 * 86_400_000,
    2_592_000,
  ]] as const
) {
  Deno.test(`a window of ${ms} ms is asked for as ${secs} s`, async () => {
    const { feed, read } = setUp([]);
    await read(last(ms));
    assertEquals(feed.asked[0]!.sinceSecs, secs);
  });
}

Deno.test("an empty window is read to its end", async () => {
  const { read } = setUp([]);
  const { complete, shown, progress } = await read(last(MINUTE));
  assertEquals([complete, shown, progress.dateMs], [true, [], NOW]);
});

Deno.test("only rows of the window come", async () => {
  const { read } = setUp(series(10, 1_000, 10_000));
  const { shown } = await read(last(25_000));
  assertEquals(shown, ["r7", "r8", "r9"]);
});

Deno.test("a window of several pages is paged back, from one microsecond after the oldest row", async () => {
  const { feed, read } = setUp(series(120, 0, 100));
  const { complete, shown } = await read(last(MINUTE));
  assert(complete);
  assertEquals(shown, feed.ids);
  assertEquals(feed.asked[1]!.beforeMicros, (NOW - 49 * 100) * 1_000 + 1);
});

Deno.test("rows of one time at the edge of a page are not lost", async () => {
  const ties = Array.from(
    { length: 4 },
    (_, i) => ({ id: `t${i}`, agoMs: 5_000 }),
  );
  const { feed, read } = setUp([
    ...series(5, 6_000, 100),
    ...ties,
    ...series(48, 0, 10).map((row) => ({ ...row, id: `n${row.id}` })),
  ]);
  const { shown } = await read(last(MINUTE));
  assertEquals(shown, feed.ids);
});

Deno.test("more rows of one time than a page holds are asked for in a page of 500", async () => {
  const ties = Array.from(
    { length: 130 },
    (_, i) => ({ id: `t${i}`, agoMs: 5_000 }),
  );
  const { feed, read } = setUp([...series(70, 6_000, 100), ...ties]);
  const { complete, shown } = await read(last(MINUTE));
  assert(complete);
  assertEquals(shown, feed.ids);
  assertEquals(feed.asked.filter(({ limit }) => limit === 500).length, 1);
});

Deno.test("more rows of one time than the platform gives in a page are read by going forward over them", async () => {
  const ties = Array.from(
    { length: 700 },
    (_, i) => ({ id: `t${i}`, agoMs: 5_000 }),
  );
  const { feed, read } = setUp([...series(5, 6_000, 100), ...ties, {
    id: "new",
    agoMs: 1,
  }], 5_000);
  const { complete, shown } = await read(last(MINUTE));
  assert(complete);
  assertEquals(shown, feed.ids);
});

Deno.test("rows of one time, with large ones before them, are no endless loop", async () => {
  const ties = Array.from(
    { length: 64 },
    (_, i) => ({ id: `t${i}`, agoMs: 5_000 }),
  );
  const large = series(40, 6_000, 100).map((row) => ({ ...row, size: 2 }));
  const { feed, read } = setUp([...large, ...ties]);
  const { complete, shown } = await read(last(MINUTE));
  assert(complete);
  assertEquals(shown, feed.ids);
});

Deno.test("rows without a readable time are taken in as they come", async () => {
  const { read } = setUp([{ id: "a" }, { id: "b" }]);
  const { complete, shown } = await read(last(MINUTE));
  assertEquals([complete, shown], [true, ["b", "a"]]);
});

Deno.test("a platform that answers in rising order is left alone, and not paged", async () => {
  const { feed, read } = setUp(series(80, 0, 100));
  feed.windowOrder = "rising";
  const { complete, shown } = await read(last(MINUTE));
  assert(complete);
  assertEquals(shown, feed.ids.slice(0, 50));
  assertEquals(feed.asked.length, 1);
});

Deno.test("a full page with elements that are no rows is not the last one", async () => {
  const { feed, read } = setUp([
    ...series(30, 5_000, 100),
    null,
    null,
    ...series(40, 0, 100).map((row) => ({ ...row, id: `n${row.id}` })),
  ]);
  const { shown } = await read(last(MINUTE));
  assertEquals(shown, feed.ids);
});

Deno.test("a window of more rows than may wait is read forward from its oldest, that one included", async () => {
  const { feed, intake, read } = setUp(series(300, 0, 100), 100);
  const first = await read(last(MINUTE));
  assertEquals(first.complete, false);
  assertEquals(first.shown.slice(0, 2), ["r0", "r1"]);
  assertEquals(first.progress.goneOnFrom?.id, "r0");
  assert(intake.taken.length >= 100 && intake.taken.length < 160);
  assertEquals(intake.taken, feed.ids.slice(0, intake.taken.length));
});

const GIANT = { id: "giant", agoMs: 20_000, size: 200 };
/** Old enough that stepping back from the giant, a second, two, four …, meets them. */
const older = series(3, 40_000, 100);
const newer = series(3, 1_000, 100).map((row) => ({
  ...row,
  id: `n${row.id}`,
}));

for (const tellsTime of [true, false]) {
  Deno.test(`a row too large to be read, ${tellsTime ? "whose time its beginning tells" : "without a time"}, is given up by its id, and nothing around it is lost`, async () => {
    const { feed, read, intake } = setUp([...older, GIANT, ...newer]);
    feed.tellsTime = tellsTime;
    const { complete } = await read(last(10 * MINUTE));
    assert(complete);
    assertEquals(intake.taken, [
      "r0",
      "r1",
      "r2",
      "giant!",
      "nr0",
      "nr1",
      "nr2",
    ]);
  });

  Deno.test(`a row too large to be read that is the oldest one: told time ${tellsTime}`, async () => {
    const { feed, read, intake } = setUp([GIANT, ...newer]);
    feed.tellsTime = tellsTime;
    const { complete } = await read(last(10 * MINUTE));
    assert(complete);
    assertEquals(intake.taken, ["giant!", "nr0", "nr1", "nr2"]);
  });
}

Deno.test("two rows too large to be read are both given up", async () => {
  const second = { ...GIANT, id: "giant-2", agoMs: 15_000 };
  const { read, intake } = setUp([...older, GIANT, second, ...newer]);
  assert((await read(last(10 * MINUTE))).complete);
  assertEquals(intake.taken.filter((id) => id.endsWith("!")), [
    "giant!",
    "giant-2!",
  ]);
  assertEquals(intake.taken.length, 8);
});

Deno.test("a row too large to be read right after another one ends the paging all the same", async () => {
  const twin = { ...GIANT, id: "twin" };
  const { read, intake } = setUp([GIANT, twin]);
  assert((await read(last(MINUTE))).complete);
  assertEquals(
    intake.taken,
    ["twin!"],
    "the other one of its time is out of reach",
  );
});

Deno.test("rows just before a row too large are there when its beginning tells its time", async () => {
  const close = series(3, GIANT.agoMs + 1, 1);
  const { read, intake } = setUp([...close, GIANT]);
  assert((await read(last(10 * MINUTE))).complete);
  assertEquals(intake.taken, ["r0", "r1", "r2", "giant!"]);
});
