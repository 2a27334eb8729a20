import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { ConnectError, UsageError } from "../errors.ts";
import { isWindows } from "../os/platform.ts";
import { lockHolder, takeLock } from "./lock.ts";
import { statePaths } from "./paths.ts";

async function setUp() {
  const root = await Deno.makeTempDir();
  return {
    root,
    paths: statePaths(join(root, "state"), "w-1"),
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}

Deno.test("a second lock of a workspace is refused, and names the first one's process", async () => {
  await using given = await setUp();
  using _held = await takeLock(given.paths, "w-1");
  const error = await assertRejects(
    () => takeLock(given.paths, "w-1"),
    ConnectError,
  );
  assertEquals(error.code, "ALREADY_RUNNING");
  assert(error.message.includes('"w-1"'));
  assert(error.message.includes(`process ${Deno.pid}`), error.message);
});

Deno.test("a lock that was refused does not disturb the one that is held", async () => {
  await using given = await setUp();
  using _held = await takeLock(given.paths, "w-1");
  for (let i = 0; i < 3; i++) {
    await assertRejects(() => takeLock(given.paths, "w-1"), ConnectError);
  }
  assertEquals(await Deno.readTextFile(given.paths.lock), `${Deno.pid}\n`);
});

Deno.test("disposing frees the lock", async () => {
  await using given = await setUp();
  (await takeLock(given.paths, "w-1"))[Symbol.dispose]();
  using again = await takeLock(given.paths, "w-1");
  assertEquals(again.path, given.paths.lock);
});

Deno.test("a lock's file that somebody left is no lock", async () => {
  await using given = await setUp();
  await Deno.mkdir(given.paths.dir);
  await Deno.writeTextFile(given.paths.lock, "123456789 and much more\n");
  using _held = await takeLock(given.paths, "w-1");
  assertEquals(await Deno.readTextFile(given.paths.lock), `${Deno.pid}\n`);
});

Deno.test("workspaces do not lock each other", async () => {
  await using given = await setUp();
  using _one = await takeLock(given.paths, "w-1");
  using _two = await takeLock(statePaths(given.paths.dir, "w-2"), "w-2");
});

Deno.test({
  name: "the lock's file is for the owner alone, and its directory is made",
  ignore: isWindows,
  fn: async () => {
    await using given = await setUp();
    using held = await takeLock(given.paths, "w-1");
    assertEquals((await Deno.stat(held.path)).mode! & 0o777, 0o600);
    assertEquals((await Deno.stat(given.paths.dir)).mode! & 0o777, 0o700);
  },
});

Deno.test("a directory that cannot be used is an error that says what to do", async () => {
  await using given = await setUp();
  await Deno.writeTextFile(join(given.root, "state"), "a file");
  const error = await assertRejects(
    () => takeLock(given.paths, "w-1"),
    UsageError,
  );
  assert(error.message.includes(given.paths.dir));
  assert(error.hint?.includes("--state-dir"));
});

Deno.test("lockHolder() tells who has the lock, and disturbs nobody", async () => {
  await using given = await setUp();
  assertEquals(await lockHolder(given.paths), undefined);
  {
    using _held = await takeLock(given.paths, "w-1");
    assertEquals(await lockHolder(given.paths), String(Deno.pid));
    await assertRejects(() => takeLock(given.paths, "w-1"), ConnectError);
  }
  assertEquals(await lockHolder(given.paths), undefined);
  (await takeLock(given.paths, "w-1"))[Symbol.dispose]();
});

Deno.test("a lock that somebody only looks at for a moment can be taken", async () => {
  await using given = await setUp();
  (await takeLock(given.paths, "w-1"))[Symbol.dispose]();
  const look = await Deno.open(given.paths.lock, { read: true });
  assertEquals(await look.tryLock(false), true);
  const taken = takeLock(given.paths, "w-1");
  setTimeout(() => look.close(), 1);
  (await taken)[Symbol.dispose]();
});

for (const bytes of [[], [0xff, 0xfe], [0x1b, 0x5b, 0x31, 0x6d, 0x0a, 0x37]]) {
  Deno.test(`a lock's file of the bytes [${bytes}] names nobody, and holds all the same`, async () => {
    await using given = await setUp();
    using _held = await takeLock(given.paths, "w-1");
    await Deno.writeFile(given.paths.lock, Uint8Array.from(bytes));
    const error = await assertRejects(
      () => takeLock(given.paths, "w-1"),
      ConnectError,
    );
    assertEquals(
      error.message,
      'Workspace "w-1" is already connected from here',
    );
    assertEquals(await lockHolder(given.paths), "");
  });
}
