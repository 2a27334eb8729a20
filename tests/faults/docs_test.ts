import { assert, assertEquals } from "@std/assert";
import { EXIT } from "../../src/cli/exit_codes.ts";
import { faultsLists } from "./docs_lists.ts";

const ROOT = new URL("../../", import.meta.url);
const page = await Deno.readTextFile(new URL("docs/faults.md", ROOT));

/** The heads of the list items of the section with this heading: what comes before their first line break. */
function heads(heading: string): string[] {
  const section = page.split(`\n## ${heading}\n`).at(1) ?? "";
  return section.split("\n## ")[0]!.split(/\n(?=- )/).slice(1).map((item) =>
    item.split("\\\n")[0]!.replace(/\s+/g, " ")
  );
}

/** What stands in the program's files under `dir`, each as one line. */
async function sourcesIn(dir: URL): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(dir)) {
    if (isDirectory) found.push(...await sourcesIn(new URL(`${name}/`, dir)));
    else if (name.endsWith(".ts") && !name.endsWith("_test.ts")) {
      const text = await Deno.readTextFile(new URL(name, dir));
      found.push(text.replace(/\s+/g, " "));
    }
  }
  return found;
}

Deno.test("docs/faults.md holds the lists that the trials run; print.ts prints them", () => {
  const lists = /<!-- faults -->\n([^]*)\n<!-- \/faults -->/.exec(page)?.[1];
  const bare = (text: string) =>
    text.trim().replace(/\s+/g, " ").replace(/-{3,}/g, "---");
  assertEquals(bare(lists ?? ""), bare(faultsLists()));
});

Deno.test("docs/faults.md can be read in a terminal", () => {
  const isWide = (line: string) => line.length > 100 && !line.startsWith("|");
  assertEquals(page.split("\n").filter(isWide), []);
});

Deno.test("every line that docs/faults.md explains is one that the program prints", async () => {
  const sources = await sourcesIn(new URL("src/", ROOT));
  const lines = [
    ...heads("What you see in the log"),
    ...heads("The last line, by exit code"),
  ].flatMap((head) =>
    [...head.matchAll(/`([^`]+)`/g)].map(([, line]) => line!)
  );
  assert(lines.length > 20);
  for (const line of lines) {
    for (const piece of line.split("…").map((part) => part.trim())) {
      assert(
        sources.some((source) => source.includes(piece)),
        `nothing in src/ says ${JSON.stringify(piece)}`,
      );
    }
  }
});

Deno.test("docs/faults.md explains every exit code", () => {
  const codes = heads("The last line, by exit code").map((head) =>
    Number(/^- \*\*(\d+)\*\*/.exec(head)?.[1])
  );
  assertEquals(codes, Object.values(EXIT));
});
