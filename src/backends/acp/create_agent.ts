/**
 * A back end out of an agent that speaks the Agent Client Protocol over stdin and stdout. One process answers all
 * conversations, each in a session of its own.
 *
 * @module
 */
import { basename, dirname, resolve } from "@std/path";
import { inWords } from "../../duration.ts";
import { BackendError } from "../../errors.ts";
import type { Backend } from "../backend.ts";
import { claudeConfigDir } from "../claude/denied.ts";
import { checkPassEnv, childEnv, passedSecrets } from "../command/child_env.ts";
import type { OptionReader } from "../option_reader.ts";
import { agentPrompt } from "../prompt.ts";
import { AgentHost } from "./agent_host.ts";
import { agentReadiness } from "./agent_readiness.ts";
import { claudeMeta } from "./claude_meta.ts";
import { Lanes } from "./lanes.ts";
import type { OwnFile } from "./own_file.ts";
import { parsePermission } from "./permission.ts";
import { promptBlocks } from "./prompt_blocks.ts";
import { runTurn } from "./turn.ts";

/** An agent as a preset, or an operator, describes it. */
export interface AgentDescription {
  /** The program: a name, or a path. */
  readonly command: string;
  /** Its arguments. */
  readonly args: readonly string[];
  /** A file that it is started with. */
  readonly file?: OwnFile;
  /** Variables that it gets beside the common ones and the operator's. */
  readonly ownEnv: readonly string[];
  /** Variables that are set for it. */
  readonly setEnv: Readonly<Record<string, string>>;
  /** What to do where nobody is logged in. */
  readonly loginHint: string;
}

/** Makes a back end of the options that every agent has, and of what is known of this one. */
export function createAgent(
  options: OptionReader,
  name: string,
  { command: bin, args, file, ownEnv, setEnv, loginHint }: AgentDescription,
): Backend {
  const timeoutMs = options.duration("timeout");
  const policy = parsePermission(options.list("permission"));
  const passEnv = options.list("pass_env");
  checkPassEnv(passEnv);
  const cwd = options.text("cwd") === ""
    ? undefined
    : resolve(options.text("cwd"));
  // A path is meant from where molecule was started, whatever directory the agent runs in.
  const command = bin === basename(bin) ? bin : resolve(bin);
  const env = childEnv(Deno.env.toObject(), [...ownEnv, ...passEnv], setEnv);
  const start = (cwd: string) => ({ command, args, file, env, cwd });
  const configDir = claudeConfigDir(env);
  const metaOf = (stateDir: string | undefined) =>
    claudeMeta(policy, { configDir, stateDir });
  const host = new AgentHost();
  const lanes = new Lanes();
  return {
    name,
    accepts: { files: true },
    secrets: passedSecrets(env, ["*"]),
    async handle(message, context) {
      using _lane = await lanes.enter(context.session.id, context.signal);
      using time = timeLimit(context.signal, timeoutMs);
      const { signal } = time;
      const workDir = cwd ?? resolve(context.workDir);
      const { agent, sessions } = await host.agent(() => ({
        command: start(workDir),
        loginHint,
        sessionMeta: metaOf(dirname(resolve(context.workDir))),
        log: context.log,
        onStarted: context.childStarted,
      }), signal);
      const { session, log } = context;
      const sessionId = await sessions.open({
        ...{ session, cwd: workDir, log, signal },
      });
      const text = agentPrompt(message, context, {
        sendsFiles: policy.has("edit"),
      });
      const prompt = await promptBlocks(agent, text, context.files);
      try {
        const reply = await runTurn({
          ...{ agent, sessionId, prompt, policy, context, signal },
        });
        host.worked();
        return reply;
      } catch (error) {
        sessions.failed(session.id, error);
        throw error;
      }
    },
    check: (signal) =>
      agentReadiness({
        ...{ start, cwd, loginHint },
        sessionMeta: metaOf(undefined),
      }, signal),
    close: () => host.close(),
  };
}

/** Aborts with `signal`, and after `ms`. */
function timeLimit(
  signal: AbortSignal,
  ms: number,
): Disposable & { readonly signal: AbortSignal } {
  const late = new AbortController();
  const timer = setTimeout(() =>
    late.abort(
      new BackendError("final", `The agent was stopped after ${inWords(ms)}`, {
        failure: "timeout",
        hint: "raise the back end's timeout",
      }),
    ), ms);
  return {
    signal: AbortSignal.any([signal, late.signal]),
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
