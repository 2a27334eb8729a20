/**
 * The back end `codex`: OpenAI's Codex, one run a message, one thread of its own a conversation. What strangers write
 * reaches it on stdin only, behind a header line.
 *
 * @module
 */
import { basename, resolve } from "@std/path";
import { BackendError } from "../../errors.ts";
import type {
  Backend,
  BackendContext,
  BackendOptions,
  Reply,
} from "../backend.ts";
import {
  checkPassEnv,
  childEnv,
  passedSecrets,
  TURN_VARIABLE,
} from "../command/child_env.ts";
import { codexArgs, codexMore } from "./args.ts";
import { CodexRun } from "./events.ts";
import {
  type CodexThread,
  difference,
  isThreadId,
  parseThread,
} from "./thread.ts";
import { loginReadiness } from "../command/login_readiness.ts";
import { directoryReadiness } from "../command/directory.ts";
import { OptionReader } from "../option_reader.ts";
import { agentPrompt } from "../prompt.ts";
import { runCommand } from "../command/run_command.ts";
import { PASS_ENV } from "../common_options.ts";
import type { BackendSpec } from "../spec.ts";

/** Codex's own keys and settings. */
const OWN_ENV = "CODEX_* OPENAI_*".split(" ");
function createCodex(given: BackendOptions): Backend {
  const options = new OptionReader(codexSpec, given);
  const bin = options.text("bin");
  const command = bin === basename(bin) ? bin : resolve(bin);
  const shell = options.oneOf("shell", ["off", "read-only", "workspace-write"]);
  const choice = {
    shell,
    model: options.text("model"),
    ownSettings: options.oneOf("settings", ["none", "user"]) === "user",
    more: codexMore(options.text("args")),
  };
  const timeoutMs = options.duration("timeout");
  const passEnv = [...OWN_ENV, ...options.list("pass_env")];
  checkPassEnv(options.list("pass_env"));
  const cwd = options.text("cwd") || undefined;

  async function run(
    prompt: string,
    context: BackendContext,
    thread: CodexThread | undefined,
  ): Promise<Reply | "unknown thread"> {
    const { files, outboxDir, session, turnId } = context;
    let current = thread;
    let keeping = Promise.resolve();
    const events = new CodexRun({
      // At once: a turn that is cut leaves the question in the thread, and the next one goes on there.
      onThread: (id) => {
        if (id === thread?.id || !isThreadId(id)) return;
        current = { id, usage: {} };
        keeping = session.keep(JSON.stringify(current));
        keeping.catch(() => {}); // thrown below
      },
      onProgress: context.progress,
    });
    const end = await runCommand({
      command,
      args: codexArgs(choice, outboxDir, files, thread?.id),
      env: childEnv(Deno.env.toObject(), passEnv, { [TURN_VARIABLE]: turnId }),
      cwd: cwd ?? context.workDir,
      stdin: prompt,
      timeoutMs,
      onLine: events.take,
    }, context);
    await keeping;
    if (thread !== undefined && events.isUnknownThread(end)) {
      return "unknown thread";
    }
    const { usage, ...reply } = events.reply(end);
    if (usage === undefined || current === undefined) return reply;
    await session.keep(JSON.stringify({ id: current.id, usage }));
    return { ...reply, usage: difference(usage, current.usage) };
  }

  return {
    name: codexSpec.name,
    accepts: { files: true },
    secrets: passedSecrets(Deno.env.toObject(), passEnv),
    async handle(message, context) {
      const sendsFiles = shell === "workspace-write";
      const prompt = agentPrompt(message, context, { sendsFiles });
      const thread = parseThread(context.session.kept);
      const reply = await run(prompt, context, thread);
      if (reply !== "unknown thread") return reply;
      context.log.warn(
        "codex no longer knows the conversation; it begins a new one",
      );
      const anew = await run(prompt, context, undefined);
      if (anew !== "unknown thread") return anew;
      throw new BackendError("retry", "Codex knows no thread at all");
    },
    async check(signal) {
      const directory = await directoryReadiness(cwd);
      if (!directory.ready) return directory;
      const parent = Deno.env.toObject();
      const env = childEnv(parent, passEnv, {});
      const found = await loginReadiness({
        call: { command, args: ["login", "status"], env, cwd },
        isLoggedOut: (output) => /not logged in/i.test(output),
        name: "Codex",
        remedy: `run "codex login" as this user, or set CODEX_API_KEY`,
      }, signal);
      // A key in the environment needs no login, and another provider has a login of its own.
      const otherwise = "CODEX_API_KEY" in env || choice.ownSettings ||
        choice.more.length > 0;
      return !found.ready && /not logged in/.test(found.reason) && otherwise
        ? { ready: true }
        : found;
    },
  };
}

/** The back end `codex`. */
export const codexSpec: BackendSpec = {
  name: "codex",
  description:
    "Lets OpenAI's Codex answer each message, with a memory for each conversation; it runs no command unless you allow it.",
  options: [
    {
      name: "bin",
      value: "COMMAND",
      default: "codex",
      description: "The codex to run, by name or by path.",
    },
    {
      name: "model",
      value: "NAME",
      description: "The model; absent: codex's own choice.",
    },
    {
      name: "shell",
      value: "off|read-only|workspace-write",
      default: "off",
      description:
        "Whether codex may run commands, and in which of its sandboxes. In both it can read whatever you can read, and tell it to whoever asks; in workspace-write it also writes in its directory and can send files.",
    },
    {
      name: "cwd",
      value: "DIRECTORY",
      description:
        "Where codex works; absent: a directory of the workspace's own.",
    },
    {
      name: "timeout",
      value: "DURATION",
      default: "5m",
      description:
        "Longest time of one turn; then codex is ended with all that it started.",
    },
    {
      name: "settings",
      value: "none|user",
      default: "none",
      description:
        "Whether your own configuration of codex counts: its providers, but also its MCP servers, hooks and rules.",
    },
    {
      name: "args",
      value: "ARGUMENTS",
      description:
        "More arguments for codex exec, such as --oss or -c key=value; quotes are honoured, no shell is involved.",
    },
    PASS_ENV,
  ],
  example: "molecule connect <workspace-id> --backend codex",
  create: createCodex,
};
