import { assertEquals, assertRejects } from "@std/assert";
import { Cursor } from "../state/cursor.ts";
import type { Journal } from "../state/journal.ts";
import type { State } from "../state/state.ts";
import { PermanentError } from "../errors.ts";
import type { PlatformClient } from "../platform/client.ts";
import type { ActivityQuery } from "../platform/wire.ts";
import { TIMING } from "../timing.ts";
import { Feed } from "./feed.ts";
import { FakeIntake, NOW } from "./fake_feed_test.ts";

const HEAD = "0f3c8a52-66d1-4b0e-8a55-0d4f7be5a001";
const signal = new AbortController().signal;

/** A feed that goes on from `HEAD`, and a platform that no longer knows that row. */
function setUp(room: number, far?: State["far"]) {
  const asked: ActivityQuery[] = [];
  let commits = 0;
  let lost = 0;
  const journal = {
    cursor: new Cursor({
      settled: { id: HEAD, micros: (NOW - 3_600_000) * 1_000 },
      settledAtMs: NOW - 3_600_000,
      last: HEAD,
    }),
    floorMs: NOW - 7_200_000,
    far,
    commit: () => (commits++, Promise.resolve()),
  };
  const client = {
    platformNow: () => NOW,
    activity: (query: ActivityQuery) => {
      asked.push(query);
      return query.sinceId === undefined
        ? Promise.resolve({ rows: [], unreadable: 0, bytes: 2, date: NOW })
        : Promise.reject(new PermanentError("GET /x", 410));
    },
  };
  const intake = new FakeIntake(room);
  const feed = new Feed({
    client: client as unknown as PlatformClient,
    journal: journal as unknown as Journal,
    intake: intake,
    timing: TIMING,
    onStep: () => {},
    onCursorLost: () => lost++,
  });
  return { feed, asked, journal, told: () => ({ commits, lost }) };
}

Deno.test("a lost cursor is told, saved, and followed by a window back to a minute before the settled row", async () => {
  const { feed, asked, journal, told } = setUp(10);
  await assertRejects(() => feed.readDue(signal), PermanentError);
  assertEquals(told(), { commits: 1, lost: 1 });
  assertEquals([journal.cursor.settled, feed.near], [null, null]);
  assertEquals(await feed.readDue(signal), true);
  assertEquals(asked.at(-1), { sinceSecs: 3_660, limit: 50 });
});

Deno.test("after a lost cursor the far base still reaches as far back as before", async () => {
  const { feed, asked } = setUp(10, { id: "far", at: NOW - 3_900_000 });
  await assertRejects(() => feed.readDue(signal), PermanentError);
  assertEquals(await feed.readDue(signal), true);
  assertEquals(asked.at(-1)!.sinceSecs, 3_900);
  assertEquals(await feed.readDue(signal), true);
  assertEquals(asked.at(-1)!.sinceSecs, 3_660);
});

Deno.test("a window reaches back no further than the floor", async () => {
  const { feed, asked, journal } = setUp(10);
  journal.floorMs = NOW - 3_610_000;
  await assertRejects(() => feed.readDue(signal), PermanentError);
  await feed.readDue(signal);
  assertEquals(asked.at(-1)!.sinceSecs, 3_610);
});

Deno.test("a cursor that is lost while nothing more can wait is not asked for again and again", async () => {
  const { feed, asked, told } = setUp(0);
  await assertRejects(() => feed.readDue(signal), PermanentError);
  assertEquals(await feed.readDue(signal), false);
  assertEquals(asked.map(({ canvasOnly }) => canvasOnly), [true]);
  assertEquals(told().lost, 1);
});

Deno.test("reading from a row that the platform no longer knows reads the window instead", async () => {
  const { feed, asked, told } = setUp(10);
  assertEquals(await feed.readFrom("gone", NOW, () => {}, signal), true);
  assertEquals(asked.map(({ sinceId, sinceSecs }) => sinceId ?? sinceSecs), [
    "gone",
    3_660,
  ]);
  assertEquals(told().lost, 0, "the own cursor is not what was lost");
});

Deno.test("where there is no row to read from, what came since the given time is read, although the settled row is younger", async () => {
  const { feed, asked } = setUp(10);
  for (const cursor of ["", "gone"]) {
    await feed.readFrom(cursor, NOW - 5_400_000, () => {}, signal);
    assertEquals(asked.at(-1)!.sinceSecs, 5_400);
  }
});

Deno.test("reading from a row is put off while nothing more can wait", async () => {
  const { feed, asked } = setUp(0);
  assertEquals(await feed.readFrom(HEAD, NOW, () => {}, signal), false);
  assertEquals(asked, []);
});
