/** Whether a command that an operator gave for the shell can be there. */
import { isAbsolute, join } from "@std/path";
import type { Readiness } from "./backend.ts";
import { directoryReadiness } from "./directory.ts";

/** A path and plain words: nothing that a shell would make something else of. */
const PLAIN_PATH = /^(\.{0,2}\/[\w./-]+)(?: [\w./=:-]+)*$/;

/**
 * Not ready where the directory is none, or where `command` begins with the path of a program and there is none. What a
 * shell would have to be asked for (a name to look up, a variable, a pipe) counts as ready.
 */
export async function commandReadiness(
  command: string,
  cwd: string | undefined,
): Promise<Readiness> {
  const directory = await directoryReadiness(cwd);
  const path = PLAIN_PATH.exec(command.trim())?.[1];
  if (!directory.ready || path === undefined) return directory;
  try {
    await Deno.stat(isAbsolute(path) ? path : join(cwd ?? Deno.cwd(), path));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) return { ready: true };
    return {
      ready: false,
      reason: `${path} does not exist`,
      remedy: "give the path of the program in cmd, or its directory as cwd",
    };
  }
  return { ready: true };
}
