/** Puts the tables that come from the code between their marks in the documents; a test says when they are old. */
import { optionsTable } from "../src/cli/backend_docs.ts";
import { docsTable } from "../src/cli/docs_table.ts";
import { CONNECT_FLAGS } from "../src/cli/options.ts";
import { SESSION_OPTIONS } from "../src/backends/common_options.ts";
import { backendSpecs } from "../src/backends/registry.ts";

const TABLES:
  readonly (readonly [page: string, mark: string, table: string])[] = [
    ["README.md", "flags", docsTable(CONNECT_FLAGS)],
    ["docs/backends.md", "options every", optionsTable(SESSION_OPTIONS)],
    ...backendSpecs().map(({ name, options }) =>
      [
        "docs/backends.md",
        `options ${name}`,
        optionsTable(options),
      ] as const
    ),
  ];

for (const [page, mark, table] of TABLES) {
  const path = new URL(`../${page}`, import.meta.url);
  const text = await Deno.readTextFile(path);
  const [before, rest] = text.split(`<!-- ${mark} -->\n`);
  const after = rest?.split(`<!-- /${mark} -->`)[1];
  if (after === undefined) throw new Error(`${page} has no marks "${mark}"`);
  await Deno.writeTextFile(
    path,
    `${before}<!-- ${mark} -->\n\n${table}\n\n<!-- /${mark} -->${after}`,
  );
}
await new Deno.Command(Deno.execPath(), {
  args: ["fmt", "-q", "README.md", "docs/backends.md"],
}).spawn().status;
