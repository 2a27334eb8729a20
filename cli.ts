/**
 * The command line: `molecule connect`, `molecule sandbox` and their kin.
 *
 * ```sh
 * deno run -A jsr:@molecule/connect help
 * ```
 *
 * It needs Deno 2.8 or later. A back end that starts programs needs `--allow-run`.
 *
 * @module
 */
import { denoIo } from "./src/cli/deno_io.ts";
import { dispatch } from "./src/cli/dispatch.ts";
import { EXIT } from "./src/cli/exit_codes.ts";
import { failureOf } from "./src/cli/failure.ts";
import type { CliIo } from "./src/cli/io.ts";
import { OutputError } from "./src/cli/output_error.ts";
import { checkDeno } from "./src/cli/version.ts";

export type { CliIo };

/**
 * Runs the command line `args` and returns the exit code, which is 0 after a stop that was asked for. It never
 * throws: what goes wrong is told on stderr.
 *
 * @example
 * ```ts
 * import { main } from "@molecule/connect/cli";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await main(["version"]), 0);
 * ```
 */
export async function main(
  args: readonly string[],
  io: CliIo = denoIo(),
): Promise<number> {
  try {
    checkDeno(io);
    return await dispatch(args, io);
  } catch (error) {
    if (error instanceof OutputError && error.isUnwanted) return EXIT.stopped;
    const { line, exitCode, stack } = failureOf(error);
    io.stderr(line);
    if (stack !== undefined && args.includes("--verbose")) io.stderr(stack);
    return exitCode;
  }
}

// An abandoned turn may still hold the process: it is over all the same.
if (import.meta.main) Deno.exit(await main(Deno.args));
