/** `docs/guarantees.md` names a test for each promise: they are there. */
import { assert } from "@std/assert";

const ROOT = new URL("../", import.meta.url);

Deno.test("every test that docs/guarantees.md names is there", async () => {
  const text = await Deno.readTextFile(new URL("docs/guarantees.md", ROOT));
  const rows = [
    ...text.matchAll(/^\| `((?:src|tests)\/[^`]+)` +\| (.*) \|$/gm),
  ];
  assert(rows.length > 20);
  for (const [, path, what] of rows) {
    const url = new URL(path!, ROOT);
    if (path!.endsWith("/")) {
      assert((await Deno.stat(url)).isDirectory, path);
      continue;
    }
    const source = (await Deno.readTextFile(url)).replace(/\s+/g, " ");
    for (const [, title] of what!.matchAll(/"([^"]+)"/g)) {
      assert(source.includes(title!), `${path} has no test "${title}"`);
    }
  }
});
