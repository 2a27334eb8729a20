/** What is wrong with a state directory, and what to do about it. */
import { dirname, resolve } from "@std/path";
import { StateError, UsageError } from "../errors.ts";
import { mayBeWritable } from "../os/writable.ts";

const ANOTHER = "choose another one with --state-dir or MOLECULE_STATE_DIR";
const OWNER = `check its owner and its mode, or ${ANOTHER}`;

/** Something else stands where the directory, or one above it, should be. */
function isObstacle(error: unknown): boolean {
  return error instanceof Deno.errors.NotADirectory ||
    error instanceof Deno.errors.AlreadyExists ||
    error instanceof Deno.errors.IsADirectory;
}

/** The error for a state directory whose use failed with `cause`: the operator's to mend, unless the disk is at fault. */
export function stateDirError(dir: string, cause: unknown): Error {
  const name = JSON.stringify(dir);
  if (isObstacle(cause)) {
    return new UsageError(
      `Cannot use state directory ${name}: something else stands in its place`,
      `move that away, or ${ANOTHER}`,
      cause,
    );
  }
  if (cause instanceof Deno.errors.PermissionDenied) {
    return new UsageError(
      `Cannot use state directory ${name}: it may not be written`,
      OWNER,
      cause,
    );
  }
  // A missing permission of Deno's is no matter of the directory, and has its own remedy.
  if (cause instanceof Deno.errors.NotCapable) return cause;
  return new StateError(dir, `Cannot use state directory ${name}`, {
    cause,
    hint: OWNER,
  });
}

/**
 * Whether `dir` exists. It looks only: a directory that is not there yet can be made if the nearest one above it that is
 * there may be written.
 *
 * @throws {UsageError} if it cannot be used.
 */
export async function checkStateDir(dir: string): Promise<boolean> {
  for (let at = resolve(dir);; at = dirname(at)) {
    try {
      const info = await Deno.stat(at);
      if (!info.isDirectory) {
        throw new Deno.errors.NotADirectory(`${at} is no directory`);
      }
      if (!mayBeWritable(info)) {
        throw new Deno.errors.PermissionDenied(`${at} may not be written`);
      }
      return at === resolve(dir);
    } catch (error) {
      const isAbsent = error instanceof Deno.errors.NotFound;
      if (!isAbsent || at === dirname(at)) throw stateDirError(dir, error);
    }
  }
}
