import { assert, assertEquals, assertRejects } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import { StateError } from "../errors.ts";
import { countWrites, entry, setUp, short, W } from "./journal_setup_test.ts";

Deno.test("what was committed is there at the next start", async () => {
  await using given = await setUp();
  const journal = await given.open();
  journal.floorMs = 5;
  journal.attempts.set("r-1", { n: 2, at: Date.now() });
  journal.handled.add(["r-0", 1, "k"]);
  journal.addReply(entry("a"), short);
  await journal.commit();
  const again = await given.open();
  assertEquals(again.floorMs, 5);
  assertEquals(again.attempts, journal.attempts);
  assertEquals([...again.outbox.values()], [{ ...entry("a"), parts: short }]);
  assert(again.handled.has("r-0"));
  assertEquals(again.isFromGoCli, false);
});

Deno.test("the cursor goes on where it was, and is told when its saving moved it", async () => {
  await using given = await setUp();
  const journal = await given.open();
  const trace = journal.cursor.beginRead({ row: null, settledAtMs: undefined });
  journal.cursor.show(trace, { id: "r-1", micros: 5_000_000 }, true, false);
  await journal.commit();
  assertEquals(given.cursors, []);
  journal.cursor.finish("r-1");
  journal.cursor.settle({ id: "r-1", micros: 5_000_000 }, 0);
  await journal.commit();
  await journal.commit();
  assertEquals(given.cursors, ["r-1"]);
  const { cursor } = await given.open();
  assertEquals(cursor.settled, { id: "r-1", micros: 5_000_000 });
  assertEquals([cursor.settledAtMs, cursor.last], [5_000, "r-1"]);
});

Deno.test("a Go CLI's file is known as one, and its cursor is the settled row", async () => {
  await using given = await setUp();
  const journal = await given.open({ workspace_id: W, last_since_id: "r-9" });
  assertEquals(journal.isFromGoCli, true);
  assertEquals(journal.cursor.settled, { id: "r-9", micros: undefined });
  const fresh = await given.open({ workspace_id: W, last_since_id: "" });
  assertEquals([fresh.isFromGoCli, fresh.cursor.settled], [false, null]);
});

Deno.test("commits that become due together are one write", async () => {
  await using given = await setUp();
  const journal = await given.open();
  const writes = await countWrites(given.paths.state, async () => {
    await Promise.all(Array.from({ length: 20 }, () => journal.commit()));
  });
  assertEquals(writes, 1);
});

Deno.test("a commit a few turns later, as the next message's, is still the same write", async () => {
  await using given = await setUp();
  const journal = await given.open();
  const writes = await countWrites(given.paths.state, async () => {
    const first = journal.commit();
    for (let i = 0; i < 20; i++) await Promise.resolve();
    await Promise.all([first, journal.commit()]);
  });
  assertEquals(writes, 1);
});

Deno.test("what changes while a write runs is in the next one, for all who ask together", async () => {
  await using given = await setUp();
  const journal = await given.open();
  const writes = await countWrites(given.paths.state, async () => {
    const started = Promise.withResolvers<void>();
    const rename = Deno.rename;
    Deno.rename = (from, to) => {
      started.resolve();
      return rename(from, to);
    };
    const first = journal.commit();
    await started.promise;
    journal.floorMs = 7;
    await Promise.all([first, journal.commit(), journal.commit()]);
  });
  assertEquals(writes, 2);
  assertEquals((await given.load()).floor, 7);
});

Deno.test("a commit that resolved is durable, whoever else is writing", async () => {
  await using given = await setUp();
  const journal = await given.open();
  await Promise.all(Array.from({ length: 30 }, async (_, i) => {
    for (let left = i % 4; left > 0; left--) await Promise.resolve();
    journal.attempts.set(`r-${i}`, { n: 1, at: Date.now() });
    await journal.commit();
    assert((await given.load()).attempts?.[`r-${i}`] !== undefined);
  }));
});

Deno.test("a write that fails is tried again until it works, and is told once", async () => {
  await using given = await setUp();
  using time = new FakeTime();
  const journal = await given.open({ workspace_id: W, last_since_id: "" });
  await Deno.writeTextFile(given.paths.dir, "a file in the directory's place");
  const committing = journal.commit();
  let done = false;
  committing.then(() => done = true);
  const real = () => Deno.stat("."); // files take real time
  while (given.errors.length === 0) await real();
  for (let i = 0; i < 3; i++) {
    await time.tickAsync(10_000);
    await real();
  }
  assertEquals([done, given.errors.length], [false, 1]);
  await Deno.remove(given.paths.dir);
  while (!done) {
    await time.tickAsync(10_000);
    await real();
  }
  assertEquals((await given.load()).workspace_id, W);
});

Deno.test("after giving up a failed write is tried once more, then its caller is told", async () => {
  await using given = await setUp();
  const journal = await given.open({ workspace_id: W, last_since_id: "" });
  await Deno.writeTextFile(given.paths.dir, "a file in the directory's place");
  given.giveUp.abort();
  await assertRejects(() => journal.commit());
  await Deno.remove(given.paths.dir);
  await journal.commit();
  assertEquals((await given.load()).workspace_id, W);
});

Deno.test("an attempt whose row never came back is forgotten after a month", async () => {
  await using given = await setUp();
  const now = Date.now();
  const { attempts } = await given.open({
    workspace_id: W,
    last_since_id: "",
    attempts: {
      old: { n: 1, at: now - 32 * 86_400_000 },
      young: { n: 1, at: now - 30 * 86_400_000 },
    },
  });
  assertEquals([...attempts.keys()], ["young"]);
});

Deno.test("what a disk said to the end tells where, and what to do about it", async () => {
  await using given = await setUp();
  const journal = await given.open();
  given.giveUp.abort();
  const full = Object.assign(new Error("No space left"), { code: "ENOSPC" });
  const error = await assertRejects(
    () => journal.untilWritten(() => Promise.reject(full)),
    StateError,
    given.paths.dir,
  );
  assertEquals([error.cause, typeof error.hint], [full, "string"]);
});
