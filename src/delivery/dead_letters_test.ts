import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import type { LogFields } from "../log.ts";
import { silentLogger } from "../log.ts";
import { useDisk } from "../os/disk.ts";
import { isWindows } from "../os/platform.ts";
import { statePaths } from "../state/paths.ts";
import { type DeadLetter, letterId, readLetter } from "./dead_letter.ts";
import {
  type DeadLetterBounds,
  DeadLetters,
  letterFiles,
} from "./dead_letters.ts";

const letter: DeadLetter = {
  kind: "message",
  workspace_id: "w-1",
  row: "r-1",
  retry: 0,
  message_id: "",
  caller_id: "p-1",
  reason: "it was tried three times",
  attempts: 3,
  failed_at: "2026-08-14T09:33:04.000Z",
  payload: { text: 'any "text" 😀', deep: [null, 1.5] },
};

async function setUp(bounds?: DeadLetterBounds) {
  const root = await Deno.makeTempDir();
  const paths = statePaths(root, "w-1");
  const errors: (LogFields | undefined)[] = [];
  const log = {
    ...silentLogger,
    error: (_: string, fields?: LogFields) => void errors.push(fields),
  };
  const open = () =>
    new DeadLetters({
      workspaceId: "w-1",
      paths,
      log,
      ...(bounds === undefined ? {} : { bounds }),
    });
  const letters = open();
  return {
    paths,
    errors,
    letters,
    open,
    save: (more: Partial<DeadLetter> = {}, to = letters) =>
      to.save({ ...letter, ...more }),
    async rows() {
      const rows: string[] = [];
      for (const name of await letterFiles(paths.dead)) {
        const text = await Deno.readTextFile(join(paths.dead, name));
        const read = readLetter(text, "w-1");
        rows.push("letter" in read ? read.letter.row : read.damage);
      }
      return rows.sort();
    },
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}

Deno.test("a dead letter is a private file that holds everything, the payload verbatim", async () => {
  await using given = await setUp();
  await given.save();
  const { dead } = given.paths;
  assertEquals(await letterFiles(dead), [`${letterId(letter)}.json`]);
  const path = join(dead, `${letterId(letter)}.json`);
  assertEquals(readLetter(await Deno.readTextFile(path), "w-1"), { letter });
  if (!isWindows) {
    assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
    assertEquals((await Deno.stat(dead)).mode! & 0o777, 0o700);
  }
});

Deno.test("the same letter twice is one file, the later one", async () => {
  await using given = await setUp();
  await given.save();
  await given.save({ row: "../../x" }); // a row's id is no path
  await given.save({ row: "../../x", reason: "again" });
  assertEquals(await given.rows(), ["../../x", "r-1"]);
});

Deno.test("beyond the bound of letters the oldest go, loudly; what was there before counts", async () => {
  await using given = await setUp({ letters: 3, bytes: 1_000_000 });
  for (const row of ["a", "b"]) await given.save({ row });
  const later = given.open();
  for (const row of ["c", "d", "e"]) await given.save({ row }, later);
  assertEquals(await given.rows(), ["c", "d", "e"]);
  assertEquals(given.errors.map((fields) => fields?.removed), [1, 1]);
});

Deno.test("a letter that is given up again is no old one", async () => {
  await using given = await setUp({ letters: 2, bytes: 1_000_000 });
  for (const row of ["a", "b", "a", "c"]) await given.save({ row });
  assertEquals(await given.rows(), ["a", "c"]);
});

Deno.test("letters that somebody removed meanwhile make room: none goes for nothing", async () => {
  await using given = await setUp({ letters: 3, bytes: 1_000_000 });
  for (const row of ["a", "b", "c"]) await given.save({ row });
  const name = `${letterId({ ...letter, row: "b" })}.json`;
  await Deno.remove(join(given.paths.dead, name));
  await given.save({ row: "d" });
  assertEquals(await given.rows(), ["a", "c", "d"]);
  assertEquals(given.errors, []);
});

Deno.test("beyond the bound of bytes the oldest go, and the newest stays", async () => {
  await using given = await setUp({ letters: 100, bytes: 3_000 });
  const payload = "x".repeat(1_000);
  for (const row of ["a", "b", "c", "d"]) await given.save({ row, payload });
  assertEquals(await given.rows(), ["c", "d"]);
});

Deno.test("a payload that alone is over the bound is left out, and all else kept", async () => {
  await using given = await setUp({ letters: 100, bytes: 3_000 });
  await given.save({ row: "a" });
  await given.save({ row: "b", payload: "x".repeat(3_000) });
  assertEquals(await given.rows(), ["a", "b"]);
  const name = `${letterId({ ...letter, row: "b" })}.json`;
  const text = await Deno.readTextFile(join(given.paths.dead, name));
  assertEquals(readLetter(text, "w-1"), {
    letter: {
      ...letter,
      row: "b",
      payload: null,
      payload_missing: "it is larger than 3000 bytes",
    },
  });
});

Deno.test("letters that are given up at once are all kept, and counted", async () => {
  await using given = await setUp({ letters: 5, bytes: 1_000_000 });
  const rows = Array.from({ length: 20 }, (_, i) => `r-${i}`);
  await Promise.all(rows.map((row) => given.save({ row })));
  assertEquals(await given.rows(), rows.slice(-5).sort());
});

Deno.test("a disk on which nothing can be removed: it is told, and the letter is kept all the same", async () => {
  await using given = await setUp({ letters: 1, bytes: 1_000_000 });
  await given.save({ row: "a" });
  {
    const { mkdir, open, rename, readFile, readDir, stat } = Deno;
    const remove = () => Promise.reject(new Deno.errors.PermissionDenied());
    using _ = useDisk({
      ...{ mkdir, open, rename, readFile, readDir, stat, remove },
    });
    await given.save({ row: "b" });
  }
  assertEquals(await given.rows(), ["a", "b"]);
  assertEquals(given.errors.length, 1);
  await given.save({ row: "c" });
  assertEquals(await given.rows(), ["c"]);
});

Deno.test("a file taken back keeps its name, but never another letter's place", async () => {
  await using given = await setUp();
  await given.save();
  const { dead, retry } = given.paths;
  const name = `${letterId(letter)}.json`;
  await Deno.mkdir(retry);
  await Deno.writeTextFile(join(retry, name), "half a letter");
  await Deno.writeTextFile(join(retry, "x.json"), "another");
  assertEquals(await given.letters.takeBack("x.json"), "x.json");
  const other = await given.letters.takeBack(name);
  assert(other !== name);
  assertEquals(await Deno.readTextFile(join(dead, other)), "half a letter");
  assertEquals(await given.letters.has(letter), true);
  assertEquals((await given.rows()).includes("r-1"), true);
});

Deno.test("where() tells the letter, and what to type to see it", async () => {
  await using given = await setUp();
  const id = letterId(letter);
  const short = id.slice(0, 8);
  const { dir } = given.paths;
  assertEquals(given.letters.where(letter), {
    letter: short,
    show: `molecule dlq show w-1 ${short} --state-dir ${dir}`,
  });
});
