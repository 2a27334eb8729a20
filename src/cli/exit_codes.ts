/** The exit codes of the program. They are API: scripts and service managers read them. */
import { ConnectError, type ErrorCode } from "../errors.ts";

/** Every exit code by what it means. */
export const EXIT = Object.freeze({
  stopped: 0,
  unexpected: 1,
  usage: 2,
  tokenRefused: 3,
  workspaceGone: 4,
  alreadyRunning: 5,
  gaveUp: 6,
  stuck: 7,
  forced: 130,
});

/** What each exit code tells, for the help. */
export const EXIT_MEANINGS: readonly (readonly [number, string])[] = [
  [EXIT.stopped, "stopped as asked"],
  [EXIT.unexpected, "unexpected failure"],
  [EXIT.usage, "usage: something given is not usable"],
  [EXIT.tokenRefused, "the platform refused the token"],
  [EXIT.workspaceGone, "the workspace is gone"],
  [EXIT.alreadyRunning, "another connector serves this workspace"],
  [EXIT.gaveUp, "gave up: the platform refused for good or did not answer"],
  [EXIT.stuck, "got stuck: a restart helps, or a look at disk and network"],
  [EXIT.forced, "third stop signal"],
];

const BY_CODE: Readonly<Record<ErrorCode, number>> = {
  USAGE: EXIT.usage,
  TOKEN_REFUSED: EXIT.tokenRefused,
  WORKSPACE_GONE: EXIT.workspaceGone,
  ALREADY_RUNNING: EXIT.alreadyRunning,
  GAVE_UP: EXIT.gaveUp,
  STUCK: EXIT.stuck,
  // One of these ends a connection only at its start, when registering failed for good.
  TRANSIENT: EXIT.gaveUp,
  PERMANENT: EXIT.gaveUp,
  STATE: EXIT.unexpected,
  BACKEND: EXIT.unexpected,
};

/** The exit code for what ended the program. */
export function exitCodeOf(error: unknown): number {
  return error instanceof ConnectError ? BY_CODE[error.code] : EXIT.unexpected;
}
