/** Whether `claude` is there and logged in, asked without a request to its API. */
import { BackendError } from "../../errors.ts";
import { silentLogger } from "../../log.ts";
import type { Readiness } from "../backend.ts";
import { type CommandCall, runCommand } from "../command/run_command.ts";

/** An old release takes the question for a prompt, and may be slow to answer it. */
const TIMEOUT_MS = 10_000;

/**
 * Runs `claude auth status`. Only two outcomes are certain: claude cannot be started, or it says that nobody is
 * logged in. With everything else it is taken to be ready, and the first turn will tell.
 */
export async function loginReadiness(
  call: Omit<CommandCall, "args" | "stdin" | "timeoutMs">,
  signal: AbortSignal,
): Promise<Readiness> {
  try {
    const { code, stdout, stderr } = await runCommand({
      ...call,
      args: ["auth", "status"],
      stdin: "",
      timeoutMs: TIMEOUT_MS,
    }, { signal, log: silentLogger });
    const cannotTell = /"loggedIn"\s*:\s*true|unknown (?:command|option)/i
      .test(stdout + stderr);
    if (code !== 1 || cannotTell) return { ready: true };
    return {
      ready: false,
      reason: "Claude Code is not logged in",
      remedy:
        `run "claude" once as this user and log in, or set ANTHROPIC_API_KEY`,
    };
  } catch (error) {
    signal.throwIfAborted();
    // Only the errors of the start have a cause: a time-out tells nothing.
    if (!(error instanceof BackendError) || error.cause === undefined) {
      return { ready: true };
    }
    return {
      ready: false,
      reason: error.message,
      remedy: error.hint ?? "install Claude Code",
    };
  }
}
