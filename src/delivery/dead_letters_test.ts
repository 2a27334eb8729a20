import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { isWindows } from "../os/platform.ts";
import {
  type DeadLetter,
  deadLetterPath,
  saveDeadLetter,
} from "./dead_letters.ts";

const letter: DeadLetter = {
  kind: "message",
  workspace_id: "w-1",
  row: "r-1",
  retry: 0,
  caller_id: "p-1",
  reason: "it was tried three times",
  attempts: 3,
  failed_at: "2026-08-14T09:33:04.000Z",
  payload: { text: 'any "text" 😀', deep: [null, 1.5] },
};

async function setUp() {
  const root = await Deno.makeTempDir();
  const dir = join(root, "w-1.dead");
  return {
    dir,
    save: (more: Partial<DeadLetter> = {}) =>
      saveDeadLetter(dir, { ...letter, ...more }),
    files: async () =>
      (await Array.fromAsync(Deno.readDir(dir))).map((file) =>
        join(dir, file.name)
      ),
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}

Deno.test("a dead letter is a file that holds everything, the payload verbatim", async () => {
  await using given = await setUp();
  await given.save();
  const [file, ...more] = await given.files();
  assertEquals([file, more], [deadLetterPath(given.dir, letter), []]);
  assertEquals(JSON.parse(await Deno.readTextFile(file!)), {
    version: 1,
    ...letter,
  });
  if (!isWindows) {
    assertEquals((await Deno.stat(file!)).mode! & 0o777, 0o600);
    assertEquals((await Deno.stat(given.dir)).mode! & 0o777, 0o700);
  }
});

Deno.test("the same letter twice is one file, the later one", async () => {
  await using given = await setUp();
  await given.save();
  await given.save({ reason: "again" });
  const [file, ...more] = await given.files();
  assertEquals(more, []);
  assertEquals(JSON.parse(await Deno.readTextFile(file!)).reason, "again");
});

Deno.test("letters of another kind, row or retry are files of their own", async () => {
  await using given = await setUp();
  for (
    const more of [{}, { kind: "reply" }, { row: "r-2" }, { retry: 1 }] as const
  ) {
    await given.save(more);
  }
  assertEquals((await given.files()).length, 4);
});

Deno.test("a row's id is no path", async () => {
  await using given = await setUp();
  await given.save({ row: "../../x" });
  assertEquals((await given.files()).length, 1);
});
