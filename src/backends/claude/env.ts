/** The environment of `claude`: its own keys and settings, and the switches that make it safe for strangers' messages. */
import { childEnv } from "../command/child_env.ts";

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

const SAFE_ENV = {
  // Without these a message "@/any/file" would attach that file. Old releases heed only the second.
  CLAUDE_CODE_DISABLE_FILE_MENTIONS: "1",
  CLAUDE_CODE_DISABLE_ATTACHMENTS: "1",
  // What one sender has it note down would be shown to all others, and to whoever uses claude in that directory.
  CLAUDE_CODE_DISABLE_AUTO_MEMORY: "1",
  // A job that a sender has it plan would be started by whoever uses claude in that directory next.
  CLAUDE_CODE_DISABLE_CRON: "1",
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
};

/** Claude's own ten tries take minutes. After a few seconds the core waits in its place, for all conversations. */
const MAX_RETRIES = "3";

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
  env.CLAUDE_CODE_MAX_RETRIES ??= MAX_RETRIES;
  // Claude would take an empty one for the directory that it works in.
  if (env.CLAUDE_CONFIG_DIR === "") delete env.CLAUDE_CONFIG_DIR;
  delete env.CLAUDECODE;
  delete env.CLAUDE_CODE_ENTRYPOINT;
  return env;
}
