import { assert, assertEquals } from "@std/assert";
import { rfc3339 } from "./clock.ts";
import { Feed } from "./feed.ts";

/** A feed whose clock stands at `micros.now`. */
function makeFeed() {
  const micros = { now: 1_000_000 };
  let seq = 0;
  const feed = new Feed("w", () => ++seq, () => micros.now);
  const add = (summary: string, createdMicros?: number, messageId = "") =>
    feed.insert({
      summary,
      ...(createdMicros === undefined
        ? {}
        : { created_at: rfc3339(createdMicros) }),
    }, { messageId }).row.id;
  const read = (sinceId?: string, limit = 100) =>
    feed.read({
      limit,
      matches: () => true,
      ...(sinceId === undefined ? {} : { sinceId }),
    })?.map((row) => row.summary);
  return { feed, micros, add, read };
}

Deno.test("read() is newest first without a cursor and oldest first with one", () => {
  const { add, read, micros } = makeFeed();
  const first = add("one");
  micros.now++;
  add("two");
  micros.now++;
  add("three");
  assertEquals(read(), ["three", "two", "one"]);
  assertEquals(read(undefined, 2), ["three", "two"]);
  assertEquals(read(first), ["two", "three"]);
  assertEquals(read(first, 1), ["two"]);
});

Deno.test("rows of the same time are ordered by seq, and a cursor on one delivers the next", () => {
  const { add, read } = makeFeed();
  add("one");
  const second = add("two");
  add("three");
  assertEquals(read(), ["three", "two", "one"]);
  assertEquals(read(second), ["three"]);
});

Deno.test("a row with an earlier time takes its place before rows already read", () => {
  const { add, read, micros } = makeFeed();
  const first = add("one");
  micros.now += 10;
  const last = add("three");
  add("late", 1_000_005);
  assertEquals(read(last), []);
  assertEquals(read(first), ["late", "three"]);
});

Deno.test("held rows keep their place and show on release", () => {
  const { feed, add, read, micros } = makeFeed();
  const first = add("one");
  const release = feed.hold();
  let told = 0;
  feed.insert({ summary: "held" }, { onVisible: () => told++ });
  assertEquals([read(first), told], [[], 0]);
  micros.now++;
  release();
  const last = add("three");
  assertEquals([read(first), told], [["held", "three"], 1]);
  assertEquals(read(last), []);
});

Deno.test("a message id that stands here already adds no row", () => {
  const { feed, add, read } = makeFeed();
  add("one", undefined, "m");
  const again = feed.insert({ summary: "two" }, { messageId: "m" });
  assert(again.duplicate);
  assertEquals(again.row.summary, "one");
  assertEquals(read(), ["one"]);
});

Deno.test("a pruned row is no cursor any more, and its message id is free", () => {
  const { feed, add, read } = makeFeed();
  const first = add("one", undefined, "m");
  feed.prune((row) => row.id === first);
  assertEquals(read(first), undefined);
  add("two", undefined, "m");
  assertEquals(read(), ["two"]);
});

Deno.test("bounds: not before is inclusive, before is strict", () => {
  const { feed, add } = makeFeed();
  for (const at of [1, 2, 3, 4]) add(String(at), at);
  const rows = feed.read({
    limit: 10,
    notBefore: 2,
    before: 4,
    matches: () => true,
  });
  assertEquals(rows?.map((row) => row.summary), ["3", "2"]);
});
