import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { FakeTime } from "@std/testing/time";
import type { Part } from "../a2a/part.ts";
import type { StateError } from "../errors.ts";
import { silentLogger } from "../log.ts";
import { statePaths } from "../state/paths.ts";
import { loadState, type OutboxEntry, type State } from "../state/state.ts";
import { Journal } from "./journal.ts";

const W = "w-1";

async function setUp() {
  const root = await Deno.makeTempDir();
  const paths = statePaths(join(root, "state"), W);
  const giveUp = new AbortController();
  const cursors: string[] = [];
  const damaged: StateError[] = [];
  const errors: string[] = [];
  const load = () => loadState(paths.dir, W);
  return {
    paths,
    giveUp,
    cursors,
    damaged,
    errors,
    load,
    async open(state?: State) {
      return await Journal.open({
        paths,
        state: state ?? await load(),
        log: { ...silentLogger, error: (message) => errors.push(message) },
        platformNow: () => Date.now(),
        giveUp: giveUp.signal,
        onCursor: (cursor) => cursors.push(cursor),
      }, (error) => damaged.push(error));
    },
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}

/** How often the state file is replaced while `run` runs. */
async function countWrites(
  path: string,
  run: () => Promise<void>,
): Promise<number> {
  const rename = Deno.rename;
  let count = 0;
  Deno.rename = (from, to) => {
    if (to === path) count++;
    return rename(from, to);
  };
  try {
    await run();
  } finally {
    Deno.rename = rename;
  }
  return count;
}

function entry(id: string): OutboxEntry {
  return {
    id,
    row: `row-${id}`,
    peer: "p",
    origin: "peer",
    lane: "l",
    steps: ["a2a"],
    context: "",
    task: "",
    metadata: {},
    saved: 1,
    tries: 0,
  };
}
const short: Part[] = [{ kind: "text", text: "hi" }];
const long: Part[] = [{ kind: "text", text: "ä".repeat(5_000) }];

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
  journal.cursor.settle({ id: "r-1", micros: 5_000_000 });
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

const replyFiles = async (dir: string) =>
  (await Array.fromAsync(Deno.readDir(dir)).catch(() => [])).map((file) =>
    file.name
  ).sort();

Deno.test("a long answer stands in a file of its own, and comes back after a restart", async () => {
  await using given = await setUp();
  const journal = await given.open();
  journal.addReply(entry("long"), long);
  journal.addReply(entry("short"), short);
  assertEquals(
    await journal.replyParts(entry("long")),
    long,
    "before it is saved",
  );
  await journal.commit();
  assertEquals(await replyFiles(given.paths.replies), ["long.json"]);
  assert((await Deno.stat(given.paths.state)).size < 2_000);
  const again = await given.open();
  for (const [id, parts] of [["long", long], ["short", short]] as const) {
    assertEquals(await again.replyParts(again.outbox.get(id)!), parts);
  }
});

Deno.test("an answer may only be sent once it is saved", async () => {
  await using given = await setUp();
  const journal = await given.open();
  journal.addReply(entry("a"), short);
  assertEquals(journal.isSaved(entry("a")), false);
  const committing = journal.commit();
  assertEquals(journal.isSaved(entry("a")), false);
  await committing;
  assertEquals(journal.isSaved(entry("a")), true);
});

Deno.test("the file of a long answer goes after the save that forgets the answer, not before", async () => {
  await using given = await setUp();
  const journal = await given.open();
  journal.addReply(entry("long"), long);
  await journal.commit();
  journal.removeReply(journal.outbox.get("long")!);
  assertEquals(await replyFiles(given.paths.replies), ["long.json"]);
  const before = await given.load();
  await journal.commit();
  assertEquals(before.outbox?.length, 1);
  assertEquals((await given.load()).outbox, []);
  assertEquals(await replyFiles(given.paths.replies), []);
});

Deno.test("an answer that is removed before it was saved leaves nothing", async () => {
  await using given = await setUp();
  const journal = await given.open();
  journal.addReply(entry("long"), long);
  journal.removeReply(entry("long"));
  await journal.commit();
  assertEquals((await given.load()).outbox, []);
  assertEquals(await replyFiles(given.paths.replies), []);
});

Deno.test("no state names an answer whose file is not there", async () => {
  await using given = await setUp();
  const journal = await given.open();
  const commits: Promise<void>[] = [];
  for (let i = 0; i < 60; i++) {
    journal.addReply(entry(`long-${i}`), long);
    commits.push(journal.commit());
    for (let left = i % 9; left > 0; left--) await Promise.resolve();
    if (i % 7 === 0) await commits.at(-1);
    const { outbox = [] } = await given.load();
    const files = await replyFiles(given.paths.replies);
    for (const { id } of outbox) assert(files.includes(`${id}.json`), id);
  }
  await Promise.all(commits);
});

Deno.test("files of answers that no state names are removed at a start: a crash left them", async () => {
  await using given = await setUp();
  const journal = await given.open();
  journal.addReply(entry("long"), long);
  await journal.commit();
  for (const name of ["gone.json", "long.json.0a.tmp"]) {
    await Deno.writeTextFile(join(given.paths.replies, name), "x");
  }
  await given.open();
  assertEquals(await replyFiles(given.paths.replies), ["long.json"]);
});

for (
  const [what, spoil] of [
    ["damaged", (path: string) => Deno.writeTextFile(path, "{}")],
    ["gone", (path: string) => Deno.remove(path)],
  ] as const
) {
  Deno.test(`a long answer whose file is ${what} is an error that names it`, async () => {
    await using given = await setUp();
    const journal = await given.open();
    journal.addReply(entry("long"), long);
    await journal.commit();
    await spoil(join(given.paths.replies, "long.json"));
    const again = await given.open();
    const error = await assertRejects(
      () => again.replyParts(again.outbox.get("long")!),
      Error,
    );
    assert(error.message.includes("long.json"));
  });
}

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
