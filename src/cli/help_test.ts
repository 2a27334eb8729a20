import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { COMMAND_NAMES, COMMANDS } from "./commands.ts";
import { docsTable } from "./docs_table.ts";
import { EXIT } from "./exit_codes.ts";
import { envOf } from "./flag.ts";
import { commandHelp, programHelp } from "./help.ts";
import { CONNECT_FLAGS, WORKSPACE_ID_ENV } from "./options.ts";

Deno.test("the help fits 80 columns", () => {
  for (const lines of [programHelp(), ...COMMAND_NAMES.map(commandHelp)]) {
    for (const line of lines) assert(line.length <= 80, line);
  }
});

Deno.test("the help of connect has every flag, variable and exit code", () => {
  const lines = commandHelp("connect");
  const help = lines.join("\n");
  for (const [name, flag] of Object.entries(CONNECT_FLAGS)) {
    assertStringIncludes(help, `--${name}`);
    for (const env of envOf(flag)) assertStringIncludes(help, env);
  }
  for (const env of WORKSPACE_ID_ENV) assertStringIncludes(help, env);
  for (const code of Object.values(EXIT)) {
    assert(lines.some((line) => line.trim().startsWith(`${code}  `)));
  }
});

Deno.test("the help of the program fits one screen, and names every command", () => {
  const lines = programHelp();
  assert(lines.length <= 24, `${lines.length} lines`);
  for (const name of COMMAND_NAMES) {
    assert(lines.some((line) => line.startsWith(`  ${name}`)), name);
  }
});

Deno.test("every example in the help begins with its command", () => {
  for (const name of COMMAND_NAMES) {
    for (const example of COMMANDS[name].examples) {
      assert(example.startsWith(`molecule ${name}`), example);
    }
  }
});

Deno.test("docsTable() has a row for the workspace id and for each flag", () => {
  const rows = docsTable(CONNECT_FLAGS).split("\n");
  assertEquals(rows.length, 3 + Object.keys(CONNECT_FLAGS).length);
  assertEquals(rows[0], "| Flag | Environment | Default | Meaning |");
  assertEquals(
    rows[2],
    "| `<workspace-id>` | `MOLECULE_WORKSPACE_ID`, `WORKSPACE_ID` |  | The workspace to serve |",
  );
  assertEquals(
    rows.find((row) => row.includes("`--interval-ms MS`")),
    "| `--interval-ms MS` | `MOLECULE_POLL_INTERVAL_MS` | 1000 | Milliseconds between two reads of the feed |",
  );
  // A bar inside a cell would end it.
  assertStringIncludes(rows.join("\n"), "`--origin auto\\|on\\|off`");
});
