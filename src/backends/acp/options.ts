/** The options that every agent of the Agent Client Protocol has. */
import type { BackendOption } from "../spec.ts";

/** The options. */
export const ACP_OPTIONS: readonly BackendOption[] = [
  {
    name: "permission",
    value: "reject|allow|KINDS",
    default: "reject",
    description:
      "What the agent is told that asks whether it may use a tool: reject, allow, or allow for the kinds that are listed with commas between them (read, edit, delete, move, search, execute, think, fetch, switch_mode, other). What it does without asking is its own configuration's business. Reading the files of the message itself is always allowed.",
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
  {
    name: "pass_env",
    value: "NAMES",
    description:
      "More environment variables to pass on, with commas between them; a trailing * stands for any rest.",
  },
];
