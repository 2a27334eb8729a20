/** `docs/guarantees.md` names tests for each promise: they are there. */
import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../", import.meta.url);
const page = await Deno.readTextFile(new URL("docs/guarantees.md", ROOT));

/** The lists of tests, one for each promise: items of a path, and titles in quotes or what a suite as a whole shows. */
function lists(): (readonly [path: string, what: string])[][] {
  return page.split("\nShown by:\n").slice(1).map((text) =>
    text.split("\n## ")[0]!.trim().split(/\n(?=- )/).map((item) => {
      const [, path = "", what = ""] =
        /^- `([^`]+)`: (.+)$/.exec(item.replace(/\s+/g, " ")) ?? [];
      assert(path !== "", `no test is named in ${JSON.stringify(item)}`);
      return [path, what] as const;
    })
  );
}

Deno.test("every test that docs/guarantees.md names is there", async () => {
  assert(lists().flat().length > 20);
  for (const [path, what] of lists().flat()) {
    const url = new URL(path, ROOT);
    if (path.endsWith("/")) {
      assert((await Deno.stat(url)).isDirectory, path);
      continue;
    }
    const source = (await Deno.readTextFile(url)).replace(/\s+/g, " ");
    for (const [, title] of what.matchAll(/"([^"]+)"/g)) {
      assert(source.includes(title!), `${path} has no test "${title}"`);
    }
  }
});

Deno.test("docs/guarantees.md names tests for each promise", () => {
  assertEquals(lists().length, page.match(/^## \d/gm)?.length);
});
