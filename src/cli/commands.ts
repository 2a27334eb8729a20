/** The commands: their names, how they are typed, what they take. */
import type { Flags } from "./flag.ts";
import {
  COMMON_FLAGS,
  CONNECT_FLAGS,
  DLQ_FLAGS,
  SANDBOX_FLAGS,
} from "./options.ts";

/** A command as the help describes it. */
export interface Command {
  /** What stands behind its name. */
  readonly usage: string;
  /** One sentence. */
  readonly summary: string;
  /** What its first word may be, and what that does. */
  readonly actions?: readonly (readonly [action: string, summary: string])[];
  readonly examples: readonly string[];
  readonly flags: Flags;
}

/** The name of a command. */
export type CommandName =
  | "connect"
  | "dlq"
  | "sandbox"
  | "backends"
  | "version"
  | "help";

/** Every command by its name. */
export const COMMANDS: Readonly<Record<CommandName, Command>> = {
  connect: {
    usage: "<workspace-id> [flags]",
    summary:
      "Attach a workspace of a Molecule platform to an agent that runs here",
    examples: [
      "molecule connect <workspace-id> --api-url https://molecule.example",
      "molecule connect <workspace-id> --backend exec --backend-opt cmd=./answer",
    ],
    flags: CONNECT_FLAGS,
  },
  dlq: {
    usage: "list|show|retry|drop <workspace-id> [letter...] [flags]",
    summary:
      "Look at what was given up (dead letters), have it tried again, or drop it",
    actions: [
      ["list", "one line for each letter, the oldest first"],
      ["show", "all about a letter, its payload too; secrets are masked"],
      [
        "retry",
        "the connector takes it in at once, or at its next start; whoever " +
        "asked gets the answer although they were told of a failure",
      ],
      ["drop", "removes it for good"],
    ],
    examples: [
      "molecule dlq list <workspace-id>",
      "molecule dlq show <workspace-id> 1a2b3c4d",
      "molecule dlq retry <workspace-id> --all",
    ],
    flags: DLQ_FLAGS,
  },
  sandbox: {
    usage: "[--port N] [--admin-token TOKEN] [--open]",
    summary:
      "Run a small platform on this machine, in memory, to try things out",
    examples: ["molecule sandbox --open", "molecule sandbox --port 8787"],
    flags: SANDBOX_FLAGS,
  },
  backends: {
    usage: "[name...]",
    summary:
      "List what can answer messages, its options, and what of it is here",
    examples: ["molecule backends", "molecule backends claude-code"],
    flags: COMMON_FLAGS,
  },
  version: {
    usage: "",
    summary: "Show the version",
    examples: ["molecule version"],
    flags: COMMON_FLAGS,
  },
  help: {
    usage: "[command]",
    summary: "Show the help of everything, or of one command",
    examples: ["molecule help", "molecule help sandbox"],
    flags: COMMON_FLAGS,
  },
};

/** The names of the commands, the main one first. */
export const COMMAND_NAMES: readonly CommandName[] = Object.keys(
  COMMANDS,
) as CommandName[];

/** Whether `word` is the name of a command. */
export function isCommand(word: string): word is CommandName {
  return Object.hasOwn(COMMANDS, word);
}
