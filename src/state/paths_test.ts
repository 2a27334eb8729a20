import { assert, assertEquals, assertThrows } from "@std/assert";
import { dirname, join } from "@std/path";
import { isWindows } from "../os/platform.ts";
import { defaultStateDir, statePaths } from "./paths.ts";

const dirOf = (env: Record<string, string>) =>
  defaultStateDir((name) => env[name]);

const ENVIRONMENTS: readonly (readonly [Record<string, string>, string])[] = [
  [{ MOLECULE_STATE_DIR: "/m", XDG_CONFIG_HOME: "/x", HOME: "/h" }, "/m"],
  [{ XDG_CONFIG_HOME: "/x", HOME: "/h" }, join("/x", "molecule", "state")],
  [{ HOME: "/h" }, join("/h", ".config", "molecule", "state")],
  [
    { MOLECULE_STATE_DIR: "", XDG_CONFIG_HOME: "", HOME: "/h" },
    join("/h", ".config", "molecule", "state"),
  ],
];
for (const [env, dir] of ENVIRONMENTS) {
  Deno.test({
    name: `the state directory with ${JSON.stringify(env)} is ${dir}`,
    ignore: isWindows,
    fn: () => assertEquals(dirOf(env), dir),
  });
}

Deno.test("without a home directory there is an error that says what to set", () => {
  const error = assertThrows(() => dirOf({}), Error);
  assert(error.message.includes("MOLECULE_STATE_DIR"));
});

Deno.test("an id of the usual form is the file's name", () => {
  const id = "5b0f6c1e-8a37-4d19-9c42-7e1d3a60b8f4";
  assertEquals(statePaths("/d", id).state, join("/d", `${id}.json`));
});

Deno.test("no two ids share a path, and none leaves the directory", () => {
  const ids = ["a", "A", "a.", ".a", "..", "a%", "a%25", "a/b", "a%2Fb", "a:b"];
  ids.push("a.token", "a.lock", "a.json", "a.dead", "../a", "a\\b", "ä", "😀");
  const seen = new Map<string, string>();
  for (const id of ids) {
    const { dir, ...paths } = statePaths("/d", id);
    for (const path of Object.values(paths)) {
      assertEquals(dirname(path), dir);
      assertEquals(seen.get(path), undefined, `${path} of ${id}`);
      seen.set(path, id);
    }
  }
});
