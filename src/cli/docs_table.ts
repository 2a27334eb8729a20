/** The table of flags for the documents. */
import { envOf, type Flags, usageOf } from "./flag.ts";
import { WORKSPACE_ID_ENV } from "./options.ts";

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

/** `text` as code in a cell; nothing for nothing. */
export function code(text: string): string {
  return text === "" ? "" : `\`${cell(text)}\``;
}

/** A row of a table. */
export function row(...cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** The flags as a Markdown table. `deno fmt` pads the columns, so compare it without regard to spaces. */
export function docsTable(flags: Flags): string {
  const codes = (names: readonly string[]) => names.map(code).join(", ");
  return [
    row("Flag", "Environment", "Default", "Meaning"),
    row("---", "---", "---", "---"),
    row(
      code("<workspace-id>"),
      codes(WORKSPACE_ID_ENV),
      "",
      "The workspace to serve",
    ),
    ...Object.entries(flags).map(([name, flag]) =>
      row(
        code(usageOf(name, flag)),
        codes(envOf(flag)),
        flag.fallback === undefined ? "" : cell(flag.fallback),
        cell(flag.help),
      )
    ),
  ].join("\n");
}
