/**
 * The back end `claude-code`: Claude Code in print mode. What strangers write reaches it on stdin only, behind a
 * header line, with the features of claude switched off that would act on the text itself.
 *
 * @module
 */
import { dirname } from "@std/path";
import type {
  Backend,
  BackendContext,
  BackendOptions,
  InboundMessage,
  Readiness,
} from "../backend.ts";
import { passedSecrets, TURN_VARIABLE } from "../command/child_env.ts";
import { claudeArgs, grantsOf } from "./args.ts";
import { claudeConfigDir } from "./denied.ts";
import { claudeEnv } from "./env.ts";
import { loginReadiness } from "../command/login_readiness.ts";
import {
  type ClaudeOptions,
  claudeOptionTable,
  readClaudeOptions,
} from "./options.ts";
import { claudeReply, type ClaudeRun, deniedTools } from "./result.ts";
import { inSession, OneAtATime, type SessionArgs } from "./session.ts";
import { ClaudeStream } from "./stream.ts";
import { mayWrite } from "./tools.ts";
import { directoryReadiness } from "../command/directory.ts";
import { messageEnv } from "../command/message_env.ts";
import { agentPrompt } from "../prompt.ts";
import { runCommand } from "../command/run_command.ts";
import type { BackendSpec } from "../spec.ts";

function logDenials({ stream }: ClaudeRun, { log }: BackendContext): void {
  const tools = deniedTools(stream.result ?? {});
  if (tools.length === 0) return;
  log.info("claude asked for tools that it has not been allowed", {
    tools: [...new Set(tools)].join(", "),
    hint: "allow them with the option allowed_tools",
  });
}

/** Answers to `claude auth status` that do not say that nobody is logged in. */
const CANNOT_TELL = /"loggedIn"\s*:\s*true|unknown (?:command|option)/i;

async function mcpReadiness(file: string | undefined): Promise<Readiness> {
  try {
    if (file !== undefined) await Deno.stat(file);
    return { ready: true };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) return { ready: true };
    const remedy = "give the path of the file, or its JSON, as mcp_config";
    return { ready: false, reason: `${file} does not exist`, remedy };
  }
}

class ClaudeCode implements Backend {
  readonly name: string = claudeOptionTable.name;
  readonly accepts: { readonly files: boolean } = { files: true };
  readonly #options: ClaudeOptions;
  readonly #sendsFiles: boolean;
  readonly #turns = new OneAtATime();
  /** Old releases cannot be told which tools they have. */
  #limitsTools = true;

  constructor(given: BackendOptions) {
    this.#options = readClaudeOptions(given);
    const { choices, args } = this.#options;
    this.#sendsFiles = mayWrite(grantsOf(choices, args));
  }

  get secrets(): readonly string[] {
    return passedSecrets(this.#env({}), ["*"]);
  }

  async handle(message: InboundMessage, context: BackendContext) {
    const { session, signal } = context;
    const run = await this.#turns.run(
      session.id,
      signal,
      () => inSession(context, (args) => this.#run(message, context, args)),
    );
    logDenials(run, context);
    return claudeReply(run);
  }

  async check(signal: AbortSignal): Promise<Readiness> {
    const { command, cwd, mcpFile } = this.#options;
    const readiness = [
      await directoryReadiness(cwd),
      await mcpReadiness(mcpFile),
    ];
    return readiness.find(({ ready }) => !ready) ??
      await loginReadiness({
        call: {
          command,
          args: ["auth", "status"],
          env: this.#env({}),
          cwd,
        },
        isLoggedOut: (output) => !CANNOT_TELL.test(output),
        name: "Claude Code",
        remedy:
          `run "claude" once as this user and log in, or set ANTHROPIC_API_KEY`,
      }, signal);
  }

  #env(set: Readonly<Record<string, string>>): Record<string, string> {
    return claudeEnv(Deno.env.toObject(), this.#options.passEnv, set);
  }

  async #run(
    message: InboundMessage,
    context: BackendContext,
    session: SessionArgs,
  ): Promise<ClaudeRun> {
    const { command, choices, args, cwd, passMeta, timeoutMs } = this.#options;
    const env = this.#env({
      ...(passMeta ? messageEnv(message) : {}),
      [TURN_VARIABLE]: context.turnId,
    });
    const stream = new ClaudeStream(context.progress);
    const directories = [
      ...context.files.map(({ path }) => dirname(path)),
      ...(this.#sendsFiles ? [context.outboxDir] : []),
    ];
    const end = await runCommand({
      command,
      args: claudeArgs(choices, args, {
        session,
        directories: [...new Set(directories)],
        configDir: claudeConfigDir(env),
        stateDir: dirname(context.workDir),
        limitsTools: this.#limitsTools,
      }),
      env,
      cwd: cwd ?? context.workDir,
      stdin: agentPrompt(message, context, { sendsFiles: this.#sendsFiles }),
      timeoutMs,
      onLine: stream.take,
      interrupt: true,
    }, context);
    if (this.#limitsTools && /unknown option '--tools\b/.test(end.stderr)) {
      this.#limitsTools = false;
      context.log.warn(
        "this Claude Code cannot be told which tools it has; it gets Bash only where you allowed it",
        { hint: "update Claude Code" },
      );
      return await this.#run(message, context, session);
    }
    return { end, stream };
  }
}

/** The back end `claude-code`. */
export const claudeCodeSpec: BackendSpec = {
  ...claudeOptionTable,
  description:
    "Lets Claude Code answer, with a memory for each conversation; beyond reading its directory it has only the tools that you allow.",
  example:
    `molecule connect <workspace-id> --backend-opt model=sonnet --backend-opt allowed_tools=WebSearch`,
  create: (given) => new ClaudeCode(given),
};
