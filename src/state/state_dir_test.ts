import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { StateError, UsageError } from "../errors.ts";
import { checkStateDir, stateDirError } from "./state_dir.ts";

async function setUp() {
  const root = await Deno.makeTempDir();
  return {
    root,
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}

Deno.test("checkStateDir() tells whether the directory exists, and makes none", async () => {
  await using given = await setUp();
  assertEquals(await checkStateDir(given.root), true);
  assertEquals(await checkStateDir(join(given.root, "a", "b")), false);
  assertEquals(await Array.fromAsync(Deno.readDir(given.root)), []);
});

Deno.test("checkStateDir() refuses a file in the directory's place, or above it", async () => {
  await using given = await setUp();
  const file = join(given.root, "state");
  await Deno.writeTextFile(file, "");
  for (const dir of [file, join(file, "deeper")]) {
    const error = await assertRejects(() => checkStateDir(dir), UsageError);
    assert(error.message.includes(JSON.stringify(dir)), error.message);
    assert(error.hint?.startsWith("move that away"), error.hint);
  }
});

Deno.test("stateDirError() blames the operator only for what the operator can mend", () => {
  const { NotCapable, PermissionDenied } = Deno.errors;
  const denied = stateDirError("/s", new PermissionDenied("x")) as UsageError;
  assertEquals(denied.name, "UsageError");
  assert(denied.hint?.includes("--state-dir"));
  assert(stateDirError("/s", new Error("disk full")) instanceof StateError);
  const notCapable = new NotCapable("write access");
  assertEquals(stateDirError("/s", notCapable), notCapable);
});
