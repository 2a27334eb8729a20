/** The real surroundings of the program. */
import { onStopSignal } from "../os/signals.ts";
import type { CliIo } from "./io.ts";
import { OutputError } from "./output_error.ts";
import { programName } from "./program.ts";

function writeLine(stream: typeof Deno.stdout, line: string): void {
  const bytes = new TextEncoder().encode(line + "\n");
  for (let done = 0; done < bytes.length;) {
    done += stream.writeSync(bytes.subarray(done));
  }
}

/** A terminal of no width is one that does not tell it. */
function stdoutColumns(): number | undefined {
  return Deno.stdout.isTerminal()
    ? Deno.consoleSize().columns || 80
    : undefined;
}

/** Reads the process's environment, writes to its streams, listens to its signals. */
export function denoIo(): CliIo {
  return {
    env: (name) => Deno.env.get(name),
    stdout: (line) => {
      try {
        writeLine(Deno.stdout, line);
      } catch (cause) {
        throw new OutputError(cause);
      }
    },
    stderr: (line) => {
      try {
        writeLine(Deno.stderr, line);
      } catch {
        // Nobody reads it, and there is nowhere else to say so.
      }
    },
    stdoutColumns: stdoutColumns(),
    stderrIsTerminal: Deno.stderr.isTerminal(),
    onStopSignal,
    exit: (code) => Deno.exit(code),
    runtime: { deno: Deno.version.deno, target: Deno.build.target },
    program: programName({
      standalone: Deno.build.standalone,
      url: import.meta.url,
      env: (name) => Deno.env.get(name),
    }),
  };
}
