/**
 * The back end `opencode`: opencode as an agent. Left to itself it runs commands and writes files without asking; here
 * it gets an agent of its own that asks for everything, so that the option `permission` decides.
 *
 * @module
 */
import type { Backend, BackendOptions } from "../backend.ts";
import { OptionReader } from "../option_reader.ts";
import type { BackendSpec } from "../spec.ts";
import { splitArgs } from "../command/split_args.ts";
import { createAgent } from "./create_agent.ts";
import { ACP_OPTIONS } from "./options.ts";

/** Its own settings, and the keys of the providers that most people have. */
const OWN_ENV: readonly string[] = [
  ..."OPENCODE_CONFIG OPENCODE_CONFIG_DIR OPENCODE_API_KEY OPENCODE_DISABLE_* OPENCODE_MODELS_*"
    .split(" "),
  ..."ANTHROPIC_API_KEY ANTHROPIC_BASE_URL OPENAI_API_KEY OPENAI_BASE_URL GEMINI_API_KEY"
    .split(" "),
  ..."GOOGLE_GENERATIVE_AI_API_KEY OPENROUTER_API_KEY MISTRAL_API_KEY GROQ_API_KEY DEEPSEEK_API_KEY XAI_API_KEY"
    .split(" "),
];

/** The agent that answers. What one agent may do comes after everything else that a configuration grants. */
const AGENT = "connector";

/** Some releases know no `*`, and some no agent to begin with: then these hold for the one that there is. */
const ASK = { "*": "ask", bash: "ask", edit: "ask", webfetch: "ask" };

function config(model: string): string {
  const agent = {
    mode: "primary",
    permission: ASK,
    ...(model === "" ? {} : { model }),
  };
  return JSON.stringify({
    ...{ autoupdate: false, share: "disabled", default_agent: AGENT },
    permission: ASK,
    agent: { [AGENT]: agent },
    ...(model === "" ? {} : { model }),
  });
}

function createOpencode(given: BackendOptions): Backend {
  const options = new OptionReader(opencodeSpec, given);
  return createAgent(options, opencodeSpec.name, {
    command: options.text("bin"),
    args: ["acp", ...splitArgs(options.text("args"), "args")],
    ownEnv: OWN_ENV,
    setEnv: {
      OPENCODE_CONFIG_CONTENT: config(options.text("model")),
      // It also listens on a port of this machine: nobody else is to use that.
      OPENCODE_SERVER_PASSWORD: crypto.randomUUID(),
    },
    loginHint:
      "run opencode auth login, or set the key of the provider, such as ANTHROPIC_API_KEY",
  });
}

/** The back end `opencode`. */
export const opencodeSpec: BackendSpec = {
  name: "opencode",
  description:
    "Lets opencode answer, as an agent of the Agent Client Protocol; it has only the tools that you allow.",
  options: [
    {
      name: "bin",
      value: "COMMAND",
      default: "opencode",
      description: "The opencode to run, by name or by path.",
    },
    {
      name: "model",
      value: "PROVIDER/MODEL",
      description:
        "The model; absent: the one of opencode's own configuration.",
    },
    {
      name: "args",
      value: "ARGUMENTS",
      description:
        "More arguments for opencode acp, such as --pure; quotes are honoured, no shell is involved.",
    },
    ...ACP_OPTIONS,
  ],
  example:
    `molecule connect <workspace-id> --backend opencode --backend-opt model=anthropic/claude-sonnet-4-5`,
  create: createOpencode,
};
