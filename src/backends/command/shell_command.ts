/** A command of the operator's for the shell, meant from where molecule was started although it runs elsewhere. */
import { isAbsolute, resolve } from "@std/path";
import { isWindows } from "../../os/platform.ts";
import type { Readiness } from "../backend.ts";
import { directoryReadiness } from "./directory.ts";

/** What a path of a program looks like that a shell takes for nothing else: `./answer.sh`, `../bin/answer`, `/opt/a`. */
const LEADING_PATH = /^(?:\.{1,2}\/|\/)[\w./-]+/;
/** Plain words: nothing that a shell would make something else of. */
const PLAIN = /^[\w./=: -]+$/;

/**
 * `command` with a path at its beginning made absolute: without a directory of the operator's choice it runs in one that
 * the operator never saw, and a path was meant from here.
 */
export function fromHere(command: string): string {
  const trimmed = command.trim();
  const path = LEADING_PATH.exec(trimmed)?.[0];
  if (isWindows || path === undefined || isAbsolute(path)) return trimmed;
  const absolute = resolve(path).replaceAll("'", `'\\''`);
  return `'${absolute}'${trimmed.slice(path.length)}`;
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound); // what cannot be looked at may be there
  }
}

/**
 * Not ready where the directory is none, where `command` begins with the path of a program and there is none, or where it
 * names a file that is here while it runs elsewhere. What a shell would have to be asked for (a name to look up, a
 * variable, a pipe) counts as ready.
 */
export async function commandReadiness(
  command: string,
  cwd: string | undefined,
): Promise<Readiness> {
  const directory = await directoryReadiness(cwd);
  if (!directory.ready) return directory;
  const trimmed = command.trim();
  const path = LEADING_PATH.exec(trimmed)?.[0];
  if (path !== undefined && !await isThere(resolve(cwd ?? "", path))) {
    return {
      ready: false,
      reason: `${path} does not exist`,
      remedy: "give the path of the program in cmd, or its directory as cwd",
    };
  }
  if (cwd !== undefined || !PLAIN.test(trimmed)) return { ready: true };
  for (const word of trimmed.split(/\s+/).slice(1)) {
    const isPath = /[./]/.test(word) && !word.startsWith("-");
    if (!isPath || isAbsolute(word) || !await isThere(resolve(word))) continue;
    return {
      ready: false,
      reason:
        `${word} is here, but the command runs in a directory of the workspace's own`,
      remedy: `write ${resolve(word)}, or add --backend-opt cwd=.`,
    };
  }
  return { ready: true };
}
