/** How a failure is told: one line that says what is wrong and what to do, and an exit code. */
import { ConnectError, reason, UsageError } from "../errors.ts";
import { exitCodeOf } from "./exit_codes.ts";
import { OutputError } from "./output_error.ts";

/** Control characters would make two lines of one, or worse. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ").trim();
}

/** Deno's refusal for want of a permission is something that the operator can mend. */
function mendable(error: unknown): unknown {
  return error instanceof Deno.errors.NotCapable
    ? new UsageError(
      oneLine(error.message).replace(/, run again.*$/, ""),
      "run deno with -A, or with that permission",
      error,
    )
    : error;
}

/** A failure in words and as an exit code. */
export interface Failure {
  readonly line: string;
  readonly exitCode: number;
  /** For a failure that nobody foresaw. */
  readonly stack: string | undefined;
}

/** What to tell about `thrown`. */
export function failureOf(thrown: unknown): Failure {
  const error = mendable(thrown);
  const exitCode = exitCodeOf(error);
  if (error instanceof ConnectError) {
    const causes = error instanceof UsageError ? error.message : reason(error);
    const hint = error.hint === undefined ? "" : `; ${error.hint}`;
    return {
      line: `molecule: ${oneLine(causes + hint)}`,
      exitCode,
      stack: undefined,
    };
  }
  if (error instanceof OutputError) {
    return {
      line: `molecule: ${oneLine(reason(error))}`,
      exitCode,
      stack: undefined,
    };
  }
  const stack = error instanceof Error ? error.stack : undefined;
  return {
    line: `molecule: unexpected: ${oneLine(reason(error))}` +
      (stack === undefined ? "" : "; --verbose shows where"),
    exitCode,
    stack,
  };
}
