/**
 * The back end `exec`: any command of the system's shell. The message's text is its stdin, its stdout is the answer.
 *
 * @module
 */
import { BackendError } from "../errors.ts";
import { shellCall } from "../os/shell.ts";
import {
  type Backend,
  type BackendContext,
  type BackendOptions,
  type InboundMessage,
  type Reply,
  textReply,
} from "./backend.ts";
import {
  checkPassEnv,
  childEnv,
  passedSecrets,
  TURN_VARIABLE,
} from "./command/child_env.ts";
import { contentText } from "./content_text.ts";
import { HistoryFile } from "./command/history_file.ts";
import { messageEnv } from "./command/message_env.ts";
import { messageJson } from "./message_json.ts";
import { OptionReader } from "./option_reader.ts";
import { plainText } from "./plain_text.ts";
import { ProgressFile } from "./command/progress_file.ts";
import { type CommandEnd, runCommand } from "./command/run_command.ts";
import { commandReadiness, fromHere } from "./command/shell_command.ts";
import { chatHistory, PASS_ENV, passMeta } from "./common_options.ts";
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
      failure: "not_ready",
      hint:
        "the shell did not find it, or may not execute it: check the option cmd and PATH",
    });
  }
  if (code !== 0) throw new BackendError("retry", `The command ${summary}`);
  const text = plainText(stdout).replace(/\n$/, "");
  return textReply(text.trim() === "" ? "" : text);
}

/** The turn's own facts. None of them is a sender's choice, but for the names of files, which are made safe. */
function turnEnv(context: BackendContext): Record<string, string> {
  return {
    [TURN_VARIABLE]: context.turnId,
    MOLECULE_SESSION: context.session.id,
    MOLECULE_FILES: context.files.map((file) => file.path).join("\n"),
    MOLECULE_MISSING_FILES: context.unavailableFiles.map(({ name, reason }) =>
      `${name} (${reason})`
    ).join("\n"),
    MOLECULE_OUTBOX: context.outboxDir,
  };
}

function createExec(given: BackendOptions): Backend {
  const options = new OptionReader(execSpec, given);
  const command = options.text("cmd");
  const timeoutMs = options.duration("timeout");
  const input = options.oneOf("input", ["text", "json"]);
  const publicProgress = options.boolean("public_progress");
  const withHistory = options.oneOf("chat_history", ["on", "off"]) === "on";
  const withMeta = options.boolean("pass_meta");
  const passEnv = options.list("pass_env");
  checkPassEnv(passEnv);
  const cwd = options.text("cwd") || undefined;
  const shell = shellCall(cwd === undefined ? fromHere(command) : command);
  const run = async (
    message: InboundMessage,
    context: BackendContext,
    more: Readonly<Record<string, string>>,
  ) =>
    reply(
      await runCommand({
        ...shell,
        env: childEnv(Deno.env.toObject(), passEnv, {
          ...(withMeta ? messageEnv(message) : {}),
          ...turnEnv(context),
          ...more,
        }),
        cwd: cwd ?? context.workDir,
        stdin: input === "json"
          ? JSON.stringify(messageJson(message, context))
          : contentText(message),
        timeoutMs,
      }, context),
    );
  return {
    name: execSpec.name,
    accepts: { files: true },
    secrets: passedSecrets(Deno.env.toObject(), passEnv),
    async handle(message, context) {
      await using history = withHistory && context.history.length > 0
        ? await HistoryFile.create(context.history)
        : undefined;
      await using progress = publicProgress
        ? await ProgressFile.create(context.progress)
        : undefined;
      return await run(message, context, {
        ...(history === undefined
          ? {}
          : { MOLECULE_HISTORY_FILE: history.path }),
        ...(progress === undefined ? {} : { MOLECULE_PROGRESS: progress.path }),
      });
    },
    check: (signal) => commandReadiness(command, cwd, signal),
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
        "The command, run by the system's shell. An exit code other than 0 is a failure, no output is no answer. The message's files are named by MOLECULE_FILES, a path a line, those that could not be had by MOLECULE_MISSING_FILES; files that it leaves in the directory MOLECULE_OUTBOX go with the answer. MOLECULE_SESSION is the same UUID for the same conversation.",
    },
    {
      name: "timeout",
      value: "DURATION",
      default: "60s",
      description:
        "Longest time of one run; then the command is ended with all that it started.",
    },
    {
      name: "input",
      value: "text|json",
      default: "text",
      description:
        "What stdin gets: the text, and data parts as JSON after it; or one JSON object with everything about the message.",
    },
    chatHistory(
      "Writes what stood in the person's chat before the message, where the platform sent it, into a file named by MOLECULE_HISTORY_FILE: a JSON array of {role, text}, role user or agent.",
    ),
    passMeta("false"),
    PASS_ENV,
    {
      name: "cwd",
      value: "DIRECTORY",
      description:
        "Where the command runs; absent: a directory of the workspace's own. A path at the beginning of cmd is then meant from where molecule was started.",
    },
    {
      name: "public_progress",
      value: "true|false",
      default: "true",
      description:
        "Shows the lines that the command appends to the file named by MOLECULE_PROGRESS as what the agent is doing; whoever may see the workspace may read them. With false there is no such file.",
    },
  ],
  example:
    `molecule connect <workspace-id> --backend exec --backend-opt cmd=./answer.sh --backend-opt timeout=2m`,
  create: createExec,
};
