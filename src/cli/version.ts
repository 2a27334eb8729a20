/** The version for people, and whether this Deno goes with it. */
import { UsageError } from "../errors.ts";
import { VERSION } from "../version.ts";
import type { CliIo } from "./io.ts";

/** The oldest Deno that has all that is used here. */
const OLDEST_DENO = [2, 8] as const;

/** The version as one line. */
export function versionLine({ runtime }: Pick<CliIo, "runtime">): string {
  return `molecule ${VERSION} (deno ${runtime.deno}, ${runtime.target})`;
}

/** @throws {UsageError} if this Deno is too old. */
export function checkDeno({ runtime }: Pick<CliIo, "runtime">): void {
  const [major = 0, minor = 0] = runtime.deno.split(".").map(Number);
  const [leastMajor, leastMinor] = OLDEST_DENO;
  if (major > leastMajor || major === leastMajor && minor >= leastMinor) return;
  throw new UsageError(
    `deno ${runtime.deno} is too old`,
    `install ${OLDEST_DENO.join(".")} or later: type deno upgrade`,
  );
}
