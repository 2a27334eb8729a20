import { assert, assertEquals } from "@std/assert";
import { backendSpecs } from "../backends/registry.ts";
import { optionsTable } from "./backend_docs.ts";
import { docsTable } from "./docs_table.ts";
import { CONNECT_FLAGS } from "./options.ts";
import { SESSION_OPTIONS } from "../backends/common_options.ts";

const ROOT = new URL("../../", import.meta.url);

/** What stands between the marks of `name` in a document. */
async function marked(page: string, name: string): Promise<string> {
  const text = await Deno.readTextFile(new URL(page, ROOT));
  return text.split(`<!-- ${name} -->\n`)[1]?.split(`\n<!-- /${name} -->`)[0] ??
    "";
}

const bare = (text: string) =>
  text.trim().replace(/ +/g, " ").replace(/-{3,}/g, "---");

const FRESH = "print it anew with tools/tables.ts";

Deno.test("the README's table of flags is the one that the command line is made of", async () => {
  const table = await marked("README.md", "flags");
  assertEquals(bare(table), bare(docsTable(CONNECT_FLAGS)), FRESH);
});

for (
  const { name, options } of [
    ...backendSpecs(),
    { name: "every", options: SESSION_OPTIONS },
  ]
) {
  Deno.test(`docs/backends.md has the options of ${name}`, async () => {
    const table = await marked("docs/backends.md", `options ${name}`);
    assertEquals(bare(table), bare(optionsTable(options)), FRESH);
  });
}

Deno.test("docs/backends.md says of every back end what it needs, an example, and what a hostile sender can do", async () => {
  const page = await Deno.readTextFile(new URL("docs/backends.md", ROOT));
  for (const { name } of backendSpecs()) {
    const section = page.split(`\n## ${name}\n`)[1]?.split("\n## ")[0] ?? "";
    for (const part of ["**Needs**", "```sh", "**A hostile sender**"]) {
      assert(section.includes(part), `${name}: ${part}`);
    }
  }
});
