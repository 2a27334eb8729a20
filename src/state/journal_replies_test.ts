/** Answers that the journal keeps until the platform takes them. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import {
  countWrites,
  entry,
  long,
  setUp,
  short,
} from "./journal_setup_test.ts";

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

Deno.test("an answer that comes while a write runs is not saved by that one", async () => {
  await using given = await setUp();
  const journal = await given.open();
  let later = Promise.resolve();
  await countWrites(given.paths.state, async () => {
    const { rename } = Deno;
    Deno.rename = (from, to) => {
      if (!journal.outbox.has("a")) {
        journal.addReply(entry("a"), short);
        later = journal.commit();
      }
      return rename(from, to);
    };
    await journal.commit();
    assertEquals(journal.isSaved(entry("a")), false);
    await later;
  });
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

for (let turns = 0; turns < 8; turns++) {
  Deno.test(`no state names an answer whose file is not there: one that comes ${turns} turns after another's file`, async () => {
    await using given = await setUp();
    const journal = await given.open();
    journal.addReply(entry("first"), long);
    const { open, rename } = Deno;
    let committing = Promise.resolve();
    Deno.open = async (path, options) => {
      const file = await open(path, options);
      const sync = file.sync.bind(file);
      if (path === given.paths.replies) {
        file.sync = async () => {
          await sync();
          void (async () => {
            for (let left = turns; left > 0; left--) await Promise.resolve();
            if (journal.outbox.has("second")) return;
            journal.addReply(entry("second"), long);
            committing = journal.commit();
          })();
        };
      }
      return file;
    };
    Deno.rename = (from, to) => {
      const { outbox = [] } = to === given.paths.state
        ? JSON.parse(Deno.readTextFileSync(from))
        : {};
      for (const { id } of outbox) {
        Deno.statSync(join(given.paths.replies, `${id}.json`));
      }
      return rename(from, to);
    };
    try {
      await journal.commit();
      await committing;
    } finally {
      Object.assign(Deno, { open, rename });
    }
    assertEquals(given.errors, []);
    assertEquals((await given.load()).outbox?.length, 2);
  });
}

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
