/**
 * The back end `gemini`: the Gemini CLI as an agent. Its own rules for tools are overruled by a policy that asks for
 * each one, so that the option `permission` decides.
 *
 * @module
 */
import type { Backend, BackendOptions } from "../backend.ts";
import { OptionReader } from "../option_reader.ts";
import type { BackendSpec } from "../spec.ts";
import { splitArgs } from "../command/split_args.ts";
import { parsePermission } from "./permission.ts";
import { createAgent } from "./create_agent.ts";
import { ACP_OPTIONS } from "./options.ts";

/** Its own keys and settings. */
const OWN_ENV: readonly string[] = [
  ..."GEMINI_API_KEY GEMINI_MODEL GEMINI_CLI_HOME GOOGLE_API_KEY GOOGLE_GENAI_* GOOGLE_GEMINI_BASE_URL"
    .split(" "),
  ..."GOOGLE_VERTEX_BASE_URL GOOGLE_CLOUD_* GOOGLE_APPLICATION_CREDENTIALS"
    .split(" "),
];

/** Asks for every tool, whatever the operator's own settings allow; what only paints a terminal needs no asking. */
const POLICY = `[[rule]]
toolName = "*"
decision = "ask_user"
priority = 998

[[rule]]
toolName = ["update_topic", "write_todos"]
decision = "allow"
priority = 999
`;

/** Gemini does not ask before a command that it takes for harmless: where the shell was not allowed there is none. */
const NO_SHELL = `
[[rule]]
toolName = "run_shell_command"
decision = "deny"
priority = 999
`;

function createGemini(given: BackendOptions): Backend {
  const options = new OptionReader(geminiSpec, given);
  const shell = parsePermission(options.list("permission")).has("execute");
  const model = options.text("model");
  return createAgent(options, geminiSpec.name, {
    command: options.text("bin"),
    args: [
      ...["--acp", "--approval-mode", "default"],
      ...(model === "" ? [] : ["--model", model]),
      ...splitArgs(options.text("args"), "args"),
    ],
    file: {
      flag: "--admin-policy",
      name: "ask.toml",
      text: shell ? POLICY : POLICY + NO_SHELL,
    },
    ownEnv: OWN_ENV,
    setEnv: {},
    loginHint:
      "run gemini once and log in, or set GEMINI_API_KEY and choose it there with /auth",
  });
}

/** The back end `gemini`. */
export const geminiSpec: BackendSpec = {
  name: "gemini",
  description:
    "Lets the Gemini CLI answer, as an agent of the Agent Client Protocol; it has only the tools that you allow.",
  options: [
    {
      name: "bin",
      value: "COMMAND",
      default: "gemini",
      description: "The gemini to run, by name or by path.",
    },
    {
      name: "model",
      value: "MODEL",
      description: "The model; absent: the one that gemini chooses.",
    },
    {
      name: "args",
      value: "ARGUMENTS",
      description:
        "More arguments for gemini, such as --include-directories; quotes are honoured, no shell is involved.",
    },
    ...ACP_OPTIONS,
  ],
  example:
    `molecule connect <workspace-id> --backend gemini --backend-opt permission=read,search`,
  create: createGemini,
};
