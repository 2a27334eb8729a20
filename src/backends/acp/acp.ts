/** The back end `acp`: any agent that speaks the Agent Client Protocol. */
import { UsageError } from "../../errors.ts";
import type { Backend, BackendOptions } from "../backend.ts";
import { OptionReader } from "../option_reader.ts";
import type { BackendSpec } from "../spec.ts";
import { splitArgs } from "../command/split_args.ts";
import { createAgent } from "./create_agent.ts";
import { ACP_OPTIONS } from "./options.ts";

function createAcp(given: BackendOptions): Backend {
  const options = new OptionReader(acpSpec, given);
  const [command, ...args] = splitArgs(options.text("cmd"), "cmd");
  if (command === undefined || command === "") {
    throw new UsageError(
      "Option cmd of the back end acp names no program",
      `write it as cmd="gemini --acp"`,
    );
  }
  return createAgent(options, acpSpec.name, {
    command,
    args,
    ownEnv: [],
    setEnv: {},
    loginHint:
      "log in with the agent's own command, or pass its key on with the option pass_env",
  });
}

/** The back end `acp`. */
export const acpSpec: BackendSpec = {
  name: "acp",
  description:
    "Lets any agent that speaks the Agent Client Protocol answer, in one process with a session for each conversation.",
  options: [
    {
      name: "cmd",
      value: "COMMAND",
      required: true,
      description:
        "The agent and its arguments, such as gemini --acp; quotes are honoured, no shell is involved.",
    },
    ...ACP_OPTIONS,
  ],
  example:
    `molecule connect <workspace-id> --backend acp --backend-opt cmd=claude-agent-acp --backend-opt pass_env=ANTHROPIC_API_KEY`,
  create: createAcp,
};
