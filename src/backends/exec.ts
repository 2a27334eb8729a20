/**
 * The back end `exec`: any command of the system's shell. The message's text is its stdin, its stdout is the answer.
 *
 * @module
 */
import { BackendError } from "../errors.ts";
import { shellCall } from "../os/shell.ts";
import {
  type Backend,
  type BackendOptions,
  type Reply,
  textReply,
} from "./backend.ts";
import { checkPassEnv, childEnv, TURN_VARIABLE } from "./child_env.ts";
import { commandReadiness } from "./command_readiness.ts";
import { messageEnv } from "./message_env.ts";
import { OptionReader } from "./option_reader.ts";
import { plainText } from "./plain_text.ts";
import { type CommandEnd, runCommand } from "./run_command.ts";
import type { BackendSpec } from "./spec.ts";

/** What a POSIX shell says where it finds no command, or one that cannot be executed. */
const NOT_RUNNABLE: readonly number[] = [126, 127];

/**
 * The answer: stdout without its last line end, which nearly every program writes and nobody means. Nothing but
 * white space is no answer.
 */
function reply({ code, stdout, summary }: CommandEnd): Reply {
  if (NOT_RUNNABLE.includes(code)) {
    throw new BackendError("final", `The command ${summary}`, {
      hint:
        "the shell did not find it, or may not execute it: check the option cmd and PATH",
    });
  }
  if (code !== 0) throw new BackendError("retry", `The command ${summary}`);
  const text = plainText(stdout).replace(/\n$/, "");
  return textReply(text.trim() === "" ? "" : text);
}

function createExec(given: BackendOptions): Backend {
  const options = new OptionReader(execSpec, given);
  const command = options.text("cmd");
  const shell = shellCall(command);
  const timeoutMs = options.duration("timeout");
  const passMeta = options.boolean("pass_meta");
  const passEnv = options.list("pass_env");
  checkPassEnv(passEnv);
  const cwd = options.text("cwd") || undefined;
  return {
    name: execSpec.name,
    async handle(message, context) {
      const set = {
        ...(passMeta ? messageEnv(message) : {}),
        [TURN_VARIABLE]: context.turnId,
      };
      return reply(
        await runCommand({
          ...shell,
          env: childEnv(Deno.env.toObject(), passEnv, set),
          cwd,
          stdin: message.text,
          timeoutMs,
        }, context),
      );
    },
    check: () => commandReadiness(command, cwd),
  };
}

/** The back end `exec`. */
export const execSpec: BackendSpec = {
  name: "exec",
  description:
    "Runs a command for each message: its stdin is the text, its stdout the answer.",
  options: [
    {
      name: "cmd",
      value: "COMMAND",
      required: true,
      description:
        "The command, run by the system's shell. An exit code other than 0 is a failure, no output is no answer. What it leaves in the background with its output redirected stays if the turn was answered.",
    },
    {
      name: "timeout",
      value: "DURATION",
      default: "60s",
      description:
        "Longest time of one run; then the command is ended with all that it started.",
    },
    {
      name: "pass_meta",
      value: "true|false",
      default: "false",
      description:
        "Sets MOLECULE_WORKSPACE_ID, MOLECULE_CALLER_ID, MOLECULE_MESSAGE_ID, MOLECULE_TASK_ID and MOLECULE_METHOD.",
    },
    {
      name: "pass_env",
      value: "NAMES",
      description:
        "More environment variables to pass on, with commas between them; a trailing * stands for any rest.",
    },
    {
      name: "cwd",
      value: "DIRECTORY",
      description:
        "Where the command runs; absent: where molecule was started.",
    },
  ],
  example:
    `molecule connect <workspace-id> --backend exec --backend-opt cmd=./answer.sh --backend-opt timeout=2m`,
  create: createExec,
};
