/**
 * The back end `claude-code`: Claude Code in print mode. What strangers write reaches it on stdin only, behind a
 * header line, with the features of claude switched off that would act on the text itself.
 *
 * @module
 */
import { basename, resolve } from "@std/path";
import type { Backend, BackendContext, BackendOptions } from "./backend.ts";
import { checkPassEnv, childEnv, TURN_VARIABLE } from "./child_env.ts";
import { claudeArgs } from "./claude_args.ts";
import { loginReadiness } from "./claude_login.ts";
import { agentPrompt } from "./prompt.ts";
import { claudeReply, deniedTools, findResult } from "./claude_result.ts";
import { directoryReadiness } from "./directory.ts";
import { messageEnv } from "./message_env.ts";
import { OptionReader } from "./option_reader.ts";
import { type CommandEnd, runCommand } from "./run_command.ts";
import type { BackendSpec } from "./spec.ts";

/** Claude's own keys and settings. Others, such as those of a surrounding session of claude, are left out. */
const OWN_ENV: readonly string[] = [
  ..."ANTHROPIC_* CLAUDE_CONFIG_DIR CLAUDE_CODE_OAUTH_TOKEN CLAUDE_CODE_MAX_RETRIES"
    .split(" "),
  ..."CLAUDE_CODE_MAX_OUTPUT_TOKENS CLAUDE_CODE_SHELL CLAUDE_CODE_GIT_BASH_PATH"
    .split(" "),
  ..."API_TIMEOUT_MS BASH_DEFAULT_TIMEOUT_MS BASH_MAX_TIMEOUT_MS MCP_TIMEOUT MCP_TOOL_TIMEOUT MAX_THINKING_TOKENS"
    .split(" "),
];

/** Keys of a cloud are passed only where claude is told to use that cloud. */
const CLOUD_ENV: Readonly<Record<string, readonly string[]>> = {
  CLAUDE_CODE_USE_BEDROCK: ["AWS_*", "CLAUDE_CODE_SKIP_BEDROCK_AUTH"],
  CLAUDE_CODE_USE_VERTEX: [
    "GOOGLE_*",
    "GCLOUD_*",
    "CLOUD_ML_REGION",
    "VERTEX_REGION_*",
    "CLAUDE_CODE_SKIP_VERTEX_AUTH",
  ],
  CLAUDE_CODE_USE_FOUNDRY: ["AZURE_*", "CLAUDE_CODE_SKIP_FOUNDRY_AUTH"],
};

/** Without these a message "@/any/file" would attach that file. Old releases heed only the second. */
const SAFE_ENV = {
  CLAUDE_CODE_DISABLE_FILE_MENTIONS: "1",
  CLAUDE_CODE_DISABLE_ATTACHMENTS: "1",
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
};

/** The environment of a run of claude, without what would make it believe it runs inside another claude. */
export function claudeEnv(
  parent: Readonly<Record<string, string>>,
  passEnv: readonly string[],
  set: Readonly<Record<string, string>>,
): Record<string, string> {
  const clouds = Object.entries(CLOUD_ENV)
    .filter(([name]) => parent[name] !== undefined)
    .flatMap(([name, own]) => [name, ...own]);
  const env = childEnv(parent, [...OWN_ENV, ...clouds, ...passEnv], {
    ...set,
    ...SAFE_ENV,
  });
  delete env.CLAUDECODE;
  delete env.CLAUDE_CODE_ENTRYPOINT;
  return env;
}

function logDenials({ stdout }: CommandEnd, { log }: BackendContext): void {
  const tools = deniedTools(findResult(stdout) ?? {});
  if (tools.length === 0) return;
  log.info("claude asked for tools that it has not been allowed", {
    tools: [...new Set(tools)].join(", "),
    hint: "allow them with --allowedTools in the option args",
  });
}

function createClaudeCode(given: BackendOptions): Backend {
  const options = new OptionReader(claudeCodeSpec, given);
  const bin = options.text("bin");
  const args = claudeArgs(options.text("args"));
  const timeoutMs = options.duration("timeout");
  const passMeta = options.boolean("pass_meta");
  const passEnv = options.list("pass_env");
  checkPassEnv(passEnv);
  const cwd = options.text("cwd") || undefined;
  // A path is meant from where molecule was started, whatever directory claude runs in.
  const command = bin === basename(bin) ? bin : resolve(bin);
  return {
    name: claudeCodeSpec.name,
    async handle(message, context) {
      const set = {
        ...(passMeta ? messageEnv(message) : {}),
        [TURN_VARIABLE]: context.turnId,
      };
      const end = await runCommand({
        command,
        args,
        env: claudeEnv(Deno.env.toObject(), passEnv, set),
        cwd: cwd ?? context.workDir,
        stdin: agentPrompt(message, context),
        timeoutMs,
      }, context);
      logDenials(end, context);
      return claudeReply(end);
    },
    async check(signal) {
      const directory = await directoryReadiness(cwd);
      if (!directory.ready) return directory;
      const env = claudeEnv(Deno.env.toObject(), passEnv, {});
      return await loginReadiness({ command, env, cwd }, signal);
    },
  };
}

/** The back end `claude-code`. */
export const claudeCodeSpec: BackendSpec = {
  name: "claude-code",
  description:
    "Lets Claude Code answer each message; beyond reading its directory it has only the tools that you allow.",
  options: [
    {
      name: "bin",
      value: "COMMAND",
      default: "claude",
      description: "The claude to run, by name or by path.",
    },
    {
      name: "args",
      value: "ARGUMENTS",
      description:
        "More arguments for claude, such as --model or --allowedTools; quotes are honoured, no shell is involved.",
    },
    {
      name: "timeout",
      value: "DURATION",
      default: "5m",
      description:
        "Longest time of one turn; then claude is ended with all that it started.",
    },
    {
      name: "cwd",
      value: "DIRECTORY",
      description:
        "Where claude works, and whose files it may read; absent: a directory of the workspace's own.",
    },
    {
      name: "pass_meta",
      value: "true|false",
      default: "true",
      description:
        "Sets MOLECULE_WORKSPACE_ID, MOLECULE_CALLER_ID, MOLECULE_MESSAGE_ID, MOLECULE_TASK_ID and MOLECULE_METHOD.",
    },
    {
      name: "pass_env",
      value: "NAMES",
      description:
        "More environment variables to pass on, with commas between them; a trailing * stands for any rest.",
    },
  ],
  example:
    `molecule connect <workspace-id> --backend-opt "args=--model sonnet --allowedTools WebSearch"`,
  create: createClaudeCode,
};
