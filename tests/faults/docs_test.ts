import { assertEquals } from "@std/assert";
import { faultsTables } from "./docs_table.ts";

Deno.test("docs/faults.md holds the tables that the trials run; print.ts prints them", async () => {
  const page = await Deno.readTextFile(
    new URL("../../docs/faults.md", import.meta.url),
  );
  const tables = /<!-- faults -->\n([^]*)\n<!-- \/faults -->/.exec(page)?.[1];
  const bare = (text: string) =>
    text.trim().replace(/ +/g, " ").replace(/-{3,}/g, "---");
  assertEquals(bare(tables ?? ""), bare(faultsTables()));
});
