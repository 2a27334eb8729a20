/** The arguments of `claude`: ours, and those of the operator that go with them. */
import { UsageError } from "../errors.ts";
import { splitArgs } from "./split_args.ts";

/** What an operator cannot choose, and why. */
const REFUSED: Readonly<Record<string, string>> = {
  "--output-format": "the back end reads claude's JSON",
  "--input-format": "the back end writes the message as plain text",
  "--continue": "every sender would land in the same conversation",
  "-c": "every sender would land in the same conversation",
  "--resume": "every sender would land in the same conversation",
  "-r": "every sender would land in the same conversation",
  "--session-id": "every sender would land in the same conversation",
};

/**
 * Arguments for one print of `claude`, the operator's last, so that they decide where claude takes the last word.
 *
 * @throws {UsageError} if `line` has an open quote, or a flag that cannot be chosen.
 */
export function claudeArgs(line: string): string[] {
  const operators = splitArgs(line, "args");
  for (const arg of operators) {
    const flag = arg.split("=", 1)[0]!;
    const why = Object.hasOwn(REFUSED, flag) ? REFUSED[flag] : undefined;
    if (why === undefined) continue;
    throw new UsageError(
      `Option args: ${flag} cannot be chosen`,
      `leave it out: ${why}`,
    );
  }
  return [
    "-p",
    "--output-format",
    "json",
    // No rule, hook or MCP server of the person who runs this works for strangers, unless the operator says so.
    "--setting-sources",
    "",
    "--strict-mcp-config",
    ...operators,
  ];
}
