/** Splits an operator's line of arguments without a shell. */
import { UsageError } from "../../errors.ts";

const SPACE = /\s/;

/**
 * The arguments in `line`: divided at white space; '…' and "…" keep it, and may be empty; outside '…' a backslash
 * takes a quote, a backslash or white space literally, and stands for itself before anything else (Windows paths).
 *
 * @throws {UsageError} if a quote is not closed; `option` names what is being read.
 */
export function splitArgs(line: string, option: string): string[] {
  const args: string[] = [];
  let current: string | undefined;
  let quote: string | undefined;
  for (let at = 0; at < line.length; at++) {
    const char = line[at]!;
    const next = line[at + 1];
    if (
      char === "\\" && quote !== "'" && next !== undefined &&
      /["'\\\s]/.test(next)
    ) {
      current = (current ?? "") + next;
      at++;
    } else if (quote !== undefined) {
      if (char === quote) quote = undefined;
      else current += char;
    } else if (char === "'" || char === '"') {
      quote = char;
      current ??= "";
    } else if (!SPACE.test(char)) {
      current = (current ?? "") + char;
    } else if (current !== undefined) {
      args.push(current);
      current = undefined;
    }
  }
  if (quote !== undefined) {
    throw new UsageError(
      `Option ${option}: ${
        JSON.stringify(line)
      } has a ${quote} without its end`,
      "close it, or write a backslash before it",
    );
  }
  return current === undefined ? args : [...args, current];
}
