/** `molecule dlq` as tests type it, and a state directory with dead letters. */
import { main } from "../cli.ts";
import type { CliIo } from "../src/cli/io.ts";
import { letterId } from "../src/delivery/dead_letter.ts";
import {
  deadLetter,
  DeadLetters,
  letterFiles,
} from "../src/delivery/dead_letters.ts";
import { silentLogger } from "../src/log.ts";
import { statePaths } from "../src/state/paths.ts";

/** What the program says to `args`. */
export async function molecule(
  args: readonly string[],
  env: Record<string, string> = {},
  stdoutColumns?: number,
) {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const io: CliIo = {
    env: (name) => env[name],
    stdout: (text) => void stdout.push(...text.split("\n")),
    stderr: (text) => void stderr.push(text),
    stdoutColumns,
    stderrIsTerminal: false,
    onStopSignal: () => () => {},
    exit: (code) => {
      throw new Error(`exit ${code}`);
    },
    runtime: { deno: Deno.version.deno, target: "test" },
    program: "molecule",
  };
  const code = await main(args, io);
  return { code, stdout, stderr };
}

/** A state directory with dead letters in it, as a connector leaves them. */
export async function withLetters(rows: readonly string[], more: object = {}) {
  const dir = await Deno.makeTempDir();
  const paths = statePaths(dir, "W-1");
  const letters = new DeadLetters({
    workspaceId: "W-1",
    paths,
    log: silentLogger,
  });
  for (const row of rows) {
    await letters.save(deadLetter("message", "W-1", row, {
      ...{ caller_id: "peer-1", reason: "cannot do this", attempts: 3 },
      payload: { id: row, source_id: "peer-1", text: "hello" },
      ...more,
    }));
  }
  return {
    dir,
    paths,
    idOf: (row: string) =>
      letterId({ kind: "message", row, retry: 0, message_id: "" }),
    dlq: (...args: string[]) => molecule(["dlq", ...args, "--state-dir", dir]),
    dead: () => letterFiles(paths.dead),
    retry: () => letterFiles(paths.retry),
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}
