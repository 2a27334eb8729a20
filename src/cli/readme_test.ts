import { assertEquals } from "@std/assert";
import { docsTable } from "./docs_table.ts";
import { CONNECT_FLAGS } from "./options.ts";

Deno.test("the README's table of flags is the one that the command line is made of", async () => {
  const readme = await Deno.readTextFile(
    new URL("../../README.md", import.meta.url),
  );
  const table = /<!-- flags -->\n([^]*)\n<!-- \/flags -->/.exec(readme)?.[1];
  const bare = (text: string) =>
    text.trim().replace(/ +/g, " ").replace(/-{3,}/g, "---");
  assertEquals(bare(table ?? ""), bare(docsTable(CONNECT_FLAGS)));
});
