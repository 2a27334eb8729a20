import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import {
  listFiles,
  makePrivateDir,
  moveFile,
  readIfThere,
  removeIfThere,
  replaceFile,
} from "./files.ts";
import { useDisk } from "./disk.ts";
import { isWindows } from "./platform.ts";

async function setUp() {
  const dir = await Deno.makeTempDir();
  return {
    dir,
    path: join(dir, "x.json"),
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}

Deno.test("replaceFile() makes a file for the owner alone, and replaces it whole", async () => {
  await using given = await setUp();
  await replaceFile(given.path, "a long first text");
  await replaceFile(given.path, "ä");
  assertEquals(await readIfThere(given.path), "ä");
  assertEquals(await listFiles(given.dir), ["x.json"]);
  if (!isWindows) {
    assertEquals((await Deno.stat(given.path)).mode! & 0o777, 0o600);
  }
});

Deno.test("replaceFile() does not narrow or widen the mode by what stood there before", async () => {
  await using given = await setUp();
  await Deno.writeTextFile(given.path, "old", { mode: 0o644 });
  await replaceFile(given.path, "new");
  if (!isWindows) {
    assertEquals((await Deno.stat(given.path)).mode! & 0o777, 0o600);
  }
});

Deno.test("replaceFile() that fails leaves the old file and no other", async () => {
  await using given = await setUp();
  await replaceFile(given.path, "old");
  const inFile = join(given.path, "y.json");
  await assertRejects(() => replaceFile(inFile, "new"));
  const asDir = join(given.dir, "dir");
  await Deno.mkdir(asDir);
  await assertRejects(() => replaceFile(asDir, "new"));
  assertEquals(await readIfThere(given.path), "old");
  assertEquals(await listFiles(given.dir), ["x.json"]);
});

Deno.test("replaceFile() twice at once leaves one of the texts whole", async () => {
  await using given = await setUp();
  const texts = ["a", "b", "c"].map((char) => char.repeat(100_000));
  await Promise.all(texts.map((text) => replaceFile(given.path, text)));
  assertEquals(texts.includes(await readIfThere(given.path) ?? ""), true);
  assertEquals(await listFiles(given.dir), ["x.json"]);
});

Deno.test("a file that is not there reads as undefined, lists as none, and removes", async () => {
  await using given = await setUp();
  const gone = join(given.dir, "gone");
  assertEquals(await readIfThere(gone), undefined);
  assertEquals(await listFiles(gone), []);
  await removeIfThere(gone);
});

Deno.test("what is no UTF-8 is a TypeError, and a mark at the beginning stays", async () => {
  await using given = await setUp();
  await Deno.writeFile(given.path, new Uint8Array([0x7b, 0xff, 0x7d]));
  await assertRejects(() => readIfThere(given.path), TypeError);
  await Deno.writeTextFile(given.path, "\ufeff{}");
  assertEquals(await readIfThere(given.path), "\ufeff{}");
});

Deno.test("listFiles() gives the names of files in order, without directories", async () => {
  await using given = await setUp();
  for (const name of ["b", "a", "c"]) {
    await Deno.writeTextFile(join(given.dir, name), "");
  }
  await Deno.mkdir(join(given.dir, "d"));
  assertEquals(await listFiles(given.dir), ["a", "b", "c"]);
});

Deno.test("moveFile() renames, over what stands there", async () => {
  await using given = await setUp();
  await replaceFile(given.path, "new");
  const to = join(given.dir, "y.json");
  await replaceFile(to, "old");
  await moveFile(given.path, to);
  assertEquals(await readIfThere(to), "new");
  assertEquals(await listFiles(given.dir), ["y.json"]);
});

Deno.test({
  name:
    "makePrivateDir() makes every directory on the way private, and leaves what exists",
  ignore: isWindows,
  fn: async () => {
    await using given = await setUp();
    const open = join(given.dir, "open");
    await Deno.mkdir(open, { mode: 0o755 });
    await makePrivateDir(join(open, "a", "b"));
    await makePrivateDir(join(open, "a", "b"));
    const modes = ["open", "open/a", "open/a/b"].map((name) =>
      Deno.statSync(join(given.dir, name)).mode! & 0o777
    );
    assertEquals(modes, [0o755, 0o700, 0o700]);
  },
});

Deno.test({
  name: "makePrivateDir() syncs what a directory that it made stands in",
  ignore: isWindows, // it has no way to ask for it
  async fn() {
    await using given = await setUp();
    const synced: string[] = [];
    using _ = useDisk({
      ...Deno,
      async open(path, options) {
        const file = await Deno.open(path, options);
        const sync = file.sync.bind(file);
        file.sync = () => (synced.push(path), sync());
        return file;
      },
    });
    await makePrivateDir(join(given.dir, "a", "b"));
    assertEquals(synced.sort(), [given.dir, join(given.dir, "a")]);
    await makePrivateDir(join(given.dir, "a", "b"));
    assertEquals(synced.length, 2);
  },
});
