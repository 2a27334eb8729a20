/** Whether a program is there and somebody is logged in, asked of the program itself, without a request to its API. */
import { BackendError } from "../../errors.ts";
import { silentLogger } from "../../log.ts";
import type { Readiness } from "../backend.ts";
import { type CommandCall, runCommand } from "./run_command.ts";

/** An old release may take the question for a prompt, and be slow to answer it. */
const TIMEOUT_MS = 10_000;

/** How to ask. */
export interface LoginQuestion {
  /** The program, its environment and directory, and the arguments that ask. */
  readonly call: Omit<CommandCall, "stdin" | "timeoutMs">;
  /** Whether what it wrote, ending with exit code 1, says for sure that nobody is logged in. */
  readonly isLoggedOut: (output: string) => boolean;
  /** What it is called. */
  readonly name: string;
  /** How to log in. */
  readonly remedy: string;
}

/**
 * Only two outcomes are certain: the program cannot be started, or it says that nobody is logged in. With everything
 * else it is taken to be ready, and the first turn will tell.
 */
export async function loginReadiness(
  { call, isLoggedOut, name, remedy }: LoginQuestion,
  signal: AbortSignal,
): Promise<Readiness> {
  try {
    const { code, stdout, stderr } = await runCommand(
      { ...call, stdin: "", timeoutMs: TIMEOUT_MS },
      { signal, log: silentLogger },
    );
    return code === 1 && isLoggedOut(stdout + stderr)
      ? { ready: false, reason: `${name} is not logged in`, remedy }
      : { ready: true };
  } catch (error) {
    signal.throwIfAborted();
    // Only the errors of the start have a cause: a time-out tells nothing.
    if (!(error instanceof BackendError) || error.cause === undefined) {
      return { ready: true };
    }
    return {
      ready: false,
      reason: error.message,
      remedy: error.hint ?? `install ${name}`,
    };
  }
}
