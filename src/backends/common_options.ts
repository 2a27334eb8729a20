/** Options that several back ends have, in the same words. */
import type { BackendOption } from "./spec.ts";

/** More of the operator's environment for a program. */
export const PASS_ENV: BackendOption = {
  name: "pass_env",
  value: "NAMES",
  description:
    "More environment variables to pass on, with commas between them; a trailing * stands for any rest.",
};

/** The facts of the message in a program's environment. */
export function passMeta(fallback: "true" | "false"): BackendOption {
  return {
    name: "pass_meta",
    value: "true|false",
    default: fallback,
    description:
      "Sets MOLECULE_WORKSPACE_ID, MOLECULE_CALLER_ID, MOLECULE_MESSAGE_ID, MOLECULE_TASK_ID and MOLECULE_METHOD.",
  };
}

/** What the platform sends of the person's chat, for back ends without a memory of their own. */
export function chatHistory(use: string): BackendOption {
  return {
    name: "chat_history",
    value: "on|off",
    default: "on",
    description: `${use} Only older platforms send it, at most 20 bubbles.`,
  };
}

/** What every back end has beside its own options: the connector itself takes them, for they are about its sessions. */
export const SESSION_OPTIONS: readonly BackendOption[] = [
  {
    name: "session",
    value: "keep|new",
    default: "keep",
    description:
      "new begins a new session of every conversation at this start: the agent forgets what was said before",
  },
  {
    name: "reset_command",
    value: "TEXT",
    description:
      "A message of exactly this text, such as /new, begins a new session of its conversation",
  },
];
