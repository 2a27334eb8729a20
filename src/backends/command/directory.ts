/** Whether the directory that an operator named can be worked in. */
import type { Readiness } from "../backend.ts";

/** Not ready where `path` is no directory; ready where it is one, cannot be looked at, or is not given. */
export async function directoryReadiness(
  path: string | undefined,
): Promise<Readiness> {
  const remedy = "create it, or name another one as cwd";
  try {
    if (path === undefined || (await Deno.stat(path)).isDirectory) {
      return { ready: true };
    }
    return { ready: false, reason: `${path} is no directory`, remedy };
  } catch (error) {
    return error instanceof Deno.errors.NotFound
      ? { ready: false, reason: `${path} does not exist`, remedy }
      : { ready: true };
  }
}
