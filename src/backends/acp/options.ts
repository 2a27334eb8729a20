/** The options that every agent of the Agent Client Protocol has. */
import { PASS_ENV } from "../common_options.ts";
import type { BackendOption } from "../spec.ts";

/** The options. */
export const ACP_OPTIONS: readonly BackendOption[] = [
  {
    name: "permission",
    value: "reject|allow|KINDS",
    default: "reject",
    description:
      "Which tools an agent may use that asks for them: none (reject), all (allow), or those of the listed kinds: read, edit, delete, move, search, execute, think, fetch, switch_mode, other.",
  },
  {
    name: "timeout",
    value: "DURATION",
    default: "5m",
    description:
      "Longest time of one turn; then the agent is told to cancel it, and is ended where it does not.",
  },
  {
    name: "cwd",
    value: "DIRECTORY",
    description:
      "Where the agent works; absent: a directory of the workspace's own.",
  },
  PASS_ENV,
];
