/** Reads of everything after a row: pages, sizes, room. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { NoAnswerError, TooLargeError } from "../platform/request.ts";
import { at, series, setUp } from "./fake_feed_test.ts";

const signal = new AbortController().signal;
const limits = (asked: readonly { limit: number }[]) =>
  asked.map(({ limit }) => limit);

Deno.test("everything after a row is read, page by page", async () => {
  const { feed, intake, read } = setUp(series(120, 0, 100));
  const { complete, shown } = await read(at("r9"));
  assert(complete);
  assertEquals(shown, feed.ids.slice(10));
  assertEquals(intake.taken, shown);
  assertEquals(feed.asked.map(({ sinceId }) => sinceId), ["r9", "r59", "r109"]);
});

Deno.test("a last page that is just full is followed by an empty one", async () => {
  const { feed, read } = setUp(series(51, 0, 100));
  assert((await read(at("r0"))).complete);
  assertEquals(feed.asked.length, 2);
});

Deno.test("nothing new is a complete read of no rows", async () => {
  const { read } = setUp(series(3, 0, 100));
  const { complete, shown } = await read(at("r2"));
  assertEquals([complete, shown], [true, []]);
});

Deno.test("a server that ignores the cursor ends the read at the first page that brings nothing new", async () => {
  const { feed, intake, read } = setUp(series(50, 0, 100));
  assert((await read(at("unknown"))).complete); // not found: everything from the start
  feed.rows = feed.rows.slice(0, 50);
  assertEquals(intake.taken, feed.ids);
});

Deno.test("a full page with elements that are no rows is not the last one", async () => {
  const { feed, read } = setUp([
    { id: "base" },
    ...series(20, 9_000, 10),
    null,
    ...series(60, 0, 10).map((row) => ({ ...row, id: `n${row.id}` })),
  ]);
  const { shown } = await read(at("base"));
  assertEquals(shown, feed.ids.slice(1));
});

Deno.test("while no more can wait the read is not complete, and told how far it came", async () => {
  const { feed, intake, read } = setUp(series(200, 0, 100), 60);
  const { complete, shown } = await read(at("r0"));
  assertEquals(complete, false);
  assertEquals(shown, intake.taken);
  assertEquals(shown, feed.ids.slice(1, 1 + shown.length));
  assertEquals(feed.asked.length, 2, "no further page is asked for");
});

Deno.test("a page that was handed out is taken in whole: it may not come again", async () => {
  const { intake, read } = setUp(series(51, 0, 100), 10);
  await read(at("r0"));
  assertEquals(intake.taken.length, 50);
});

Deno.test("rows that were taken in before need no room", async () => {
  const { feed, intake, read } = setUp(series(101, 0, 100), 100);
  await read(at("r0"));
  assert(intake.full);
  const { complete, shown } = await read(at("r0"));
  assert(complete);
  assertEquals(shown.length, 100);
  feed.rows.push(
    ...series(60, 0, 0).map((row) => ({ ...row, id: `n${row.id}` })),
  );
  assertEquals((await read(at("r0"))).complete, false);
});

Deno.test("a page too large is asked for with half the rows, until it fits, and the next ones grow again", async () => {
  const rows = series(121, 0, 100).map((row, i) => ({
    ...row,
    size: i <= 20 ? 5 : 0,
  }));
  const { feed, read } = setUp(rows);
  const { complete, shown } = await read(at("r0"));
  assert(complete);
  assertEquals(shown, feed.ids.slice(1));
  assertEquals(limits(feed.asked).slice(0, 5), [50, 25, 12, 6, 12]);
  assertEquals(limits(feed.asked).at(-1), 50);
});

Deno.test("of rows of which two are too much each comes alone", async () => {
  const rows = series(5, 0, 100).map((row) => ({ ...row, size: 100 }));
  const { feed, read } = setUp(rows);
  assertEquals((await read(at("r0"))).shown, feed.ids.slice(1));
  assert(limits(feed.asked).includes(1));
});

Deno.test("a single row too large is given up by its id, and reading goes on after it", async () => {
  const rows = series(5, 0, 100).map((row, i) => ({
    ...row,
    size: i === 2 ? 200 : 0,
  }));
  const { intake, read } = setUp(rows);
  const { complete, shown } = await read(at("r0"));
  assert(complete);
  assertEquals(intake.taken, ["r1", "r2!", "r3", "r4"]);
  assertEquals(shown, ["r1", "r2", "r3", "r4"]);
});

Deno.test("a single row too large whose id cannot be told is an error: nothing is passed blindly", async () => {
  const { feed, intake, read } = setUp(series(3, 0, 100));
  const tooLarge = () => new TooLargeError("GET /x", 200, 1, "<html>");
  feed.failures.push(...Array.from({ length: 6 }, tooLarge));
  await assertRejects(() => read(at("r0")), TooLargeError);
  assertEquals(limits(feed.asked), [50, 25, 12, 6, 3, 1]);
  assertEquals(intake.taken, []);
});

Deno.test("a page that does not come whole is asked for with half the rows next time", async () => {
  const { feed, read } = setUp(series(3, 0, 100));
  for (let i = 0; i < 7; i++) {
    feed.failures.push(new NoAnswerError("GET /x", "cut", true));
    await assertRejects(() => read(at("r0")), NoAnswerError);
  }
  assert((await read(at("r0"))).complete);
  assertEquals(limits(feed.asked).slice(0, 8), [50, 25, 12, 6, 3, 1, 1, 1]);
});

Deno.test("what was read before a failure counts", async () => {
  const { feed, intake, read } = setUp(series(120, 0, 100));
  const reading = read(at("r0"));
  await Promise.resolve();
  feed.failures.push(new NoAnswerError("GET /x", "cut", true));
  await assertRejects(() => reading, NoAnswerError);
  assertEquals(intake.taken, feed.ids.slice(1, 51));
});

Deno.test("reading ahead takes in only what people send, and says from where to go on", async () => {
  const rows = [
    { id: "base" },
    { id: "peer-1", source: "p" },
    { id: "person-1" },
    { id: "peer-2", source: "p" },
    { id: "person-2" },
  ];
  const { feed, intake, reader } = setUp(rows);
  assertEquals(await reader.readAhead("base", signal), "person-2");
  assertEquals(intake.ahead, ["person-1", "person-2"]);
  assertEquals(await reader.readAhead("person-2", signal), "person-2");
  assert(feed.asked.every(({ canvasOnly }) => canvasOnly));
});
