/** The options of the connector's own that are given like those of a back end, because they are about its sessions. */
import type { BackendOptions } from "../backends/backend.ts";
import { checkSession, type SessionMode } from "../options.ts";
import { oneOf, relabelled } from "./values.ts";

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
