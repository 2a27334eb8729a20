/** Says what it means that a command could not be started. */
import { BackendError } from "../../errors.ts";

/**
 * The back end's error for `error`, thrown by the start of `command`. What no operator has to mend (no memory, too
 * many processes) is left as it is, and so tried again.
 */
export function spawnError(error: unknown, command: string): unknown {
  const name = JSON.stringify(command);
  if (error instanceof Deno.errors.NotFound) {
    // Deno has one class for both, and says which in its text.
    const directory = /(?:No such cwd|cwd is not a directory) '(.*)'/s.exec(
      error.message,
    )?.[1];
    return directory === undefined
      ? new BackendError("final", `Cannot find the command ${name}`, {
        failure: "not_ready",
        hint: "install it, or give its full path",
        cause: error,
      })
      : new BackendError(
        "final",
        `Cannot start ${name} in ${
          JSON.stringify(directory)
        }: no such directory`,
        {
          failure: "not_ready",
          hint: "create it, or name another one as cwd",
          cause: error,
        },
      );
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return new BackendError("final", `Cannot start ${name}: not executable`, {
      failure: "not_ready",
      hint: "make it executable, or name another file",
      cause: error,
    });
  }
  if (error instanceof Deno.errors.NotCapable) {
    return new BackendError(
      "final",
      `Cannot start ${name}: deno was not allowed to`,
      {
        failure: "not_ready",
        hint: "run deno with --allow-run",
        cause: error,
      },
    );
  }
  return error;
}
