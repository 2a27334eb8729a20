/** The options of the connector's own that are given like those of a back end, because they are about its sessions. */
import type { BackendOptions } from "../backends/backend.ts";
import type { BackendOption } from "../backends/spec.ts";
import { checkSession, type SessionMode } from "../options.ts";
import { oneOf, relabelled } from "./values.ts";

/** What every back end has beside its own options. */
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

/** What the connector takes, and what is left for the back end. */
export interface TakenOptions {
  readonly session: SessionMode | undefined;
  readonly resetCommand: string | undefined;
  readonly rest: BackendOptions;
}

const session = oneOf<SessionMode>("keep", "new");

/** Takes the session options out of `given`. @throws {UsageError} if one is not usable. */
export function takeSessionOptions(given: BackendOptions): TakenOptions {
  const { session: mode, reset_command: resetCommand, ...rest } = given;
  const label = "--backend-opt reset_command";
  try {
    checkSession("keep", resetCommand);
  } catch (error) {
    throw relabelled(error, "resetCommand", label);
  }
  return {
    session: mode === undefined
      ? undefined
      : session(mode, "--backend-opt session"),
    resetCommand,
    rest,
  };
}
