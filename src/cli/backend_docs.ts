/** The tables of back ends' options for the documents. */
import type { BackendOption } from "../backends/spec.ts";
import { code, row } from "./docs_table.ts";

/** Options as a Markdown table. `deno fmt` pads the columns, so compare it without regard to spaces. */
export function optionsTable(options: readonly BackendOption[]): string {
  return [
    row("Option", "Default", "Meaning"),
    row("---", "---", "---"),
    ...options.map((option) =>
      row(
        code(`${option.name}=${option.value}`),
        option.required ? "required" : code(option.default ?? ""),
        option.description.replaceAll("|", "\\|"),
      )
    ),
  ].join("\n");
}
