/**
 * One turn of a back end that is a command: what the ways in which a child can be cut short mean for the message.
 *
 * @module
 */
import { inWords } from "../../duration.ts";
import { BackendError } from "../../errors.ts";
import { type ChildOptions, runChild } from "../../os/child_process.ts";
import type { BackendContext } from "../backend.ts";
import { plainText } from "../plain_text.ts";
import { spawnError } from "./spawn_error.ts";

/** Most bytes of an answer. */
export const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
/** Most bytes of one line of a protocol: an agent's line has whole files in it. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;
const STDERR_TAIL_BYTES = 8 * 1024;

/**
 * A command, made for one message. Its arguments are the operator's, never a piece of the message, for anybody on the
 * machine can read them.
 */
export type CommandCall = Omit<
  ChildOptions,
  "maxStdoutBytes" | "stderrTailBytes" | "signal" | "onStarted"
>;

/** What the run needs of the turn; a command that belongs to none is not kept. */
export type CommandContext =
  & Pick<BackendContext, "signal" | "log">
  & Partial<Pick<BackendContext, "childStarted">>;

/** How a command ended that was not cut short. */
export interface CommandEnd {
  /** The exit code. */
  readonly code: number;
  /** What it wrote to stdout, as it is; nothing where its lines were taken by `onLine`. */
  readonly stdout: string;
  /** The end of what it wrote to stderr, fit for a log. */
  readonly stderr: string;
  /** How it ended, in words: `ended with exit code 3: <stderr>`. */
  readonly summary: string;
}

/** The end of a sentence: what the command itself had to say. */
function because(stderr: string): string {
  return stderr === "" ? "" : `: ${stderr}`;
}

/**
 * Runs a command to its end.
 *
 * @throws {BackendError} `final` if it cannot be started, takes too long or writes too much.
 * @throws the signal's reason, once everything that the command started was ended.
 */
export async function runCommand(
  call: CommandCall,
  { signal, log, childStarted }: CommandContext,
): Promise<CommandEnd> {
  const maxStdoutBytes = call.onLine === undefined
    ? MAX_ANSWER_BYTES
    : MAX_LINE_BYTES;
  let result;
  try {
    result = await runChild({
      ...call,
      maxStdoutBytes,
      stderrTailBytes: STDERR_TAIL_BYTES,
      signal,
      ...(childStarted === undefined ? {} : { onStarted: childStarted }),
    });
  } catch (error) {
    signal.throwIfAborted();
    throw spawnError(error, call.command);
  }
  const stderr = plainText(result.stderr).trim();
  if (result.how === "timeout") {
    const time = inWords(call.timeoutMs);
    throw new BackendError(
      "final",
      `The command was stopped after ${time}${because(stderr)}`,
      {
        failure: "timeout",
        hint: "raise the back end's timeout, or make the command quicker",
      },
    );
  }
  if (result.how === "overflow") {
    throw new BackendError(
      "final",
      `The command was stopped: ${
        call.onLine === undefined ? "its answer" : "a line of its output"
      } is larger than ${maxStdoutBytes / 1024 / 1024} MiB`,
      { failure: "too_large" },
    );
  }
  if (result.leftOpen) {
    log.warn(
      "the command ended, but something that it started held its output open and was ended",
    );
  }
  if (stderr !== "") log.debug("the command wrote to stderr", { stderr });
  const how = result.signal === null
    ? `ended with exit code ${result.code}`
    : `was ended by ${result.signal}`;
  return {
    code: result.code,
    stdout: result.stdout,
    stderr,
    summary: how + because(stderr),
  };
}
