/** Where the state lives, and how a workspace's files are called. */
import { join } from "@std/path";
import { isWindows } from "../os/platform.ts";

/**
 * The directory for state files: `MOLECULE_STATE_DIR`, else `molecule/state` in `XDG_CONFIG_HOME` or `~/.config`
 * (in `%APPDATA%` on Windows).
 *
 * @throws {Error} if the environment names no home directory.
 */
export function defaultStateDir(
  env: (name: string) => string | undefined = (name) => Deno.env.get(name),
): string {
  const given = (name: string) => env(name) || undefined;
  const own = given("MOLECULE_STATE_DIR");
  if (own !== undefined) return own;
  const config = isWindows ? given("APPDATA") : given("XDG_CONFIG_HOME");
  if (config !== undefined) return join(config, "molecule", "state");
  const home = given("HOME") ?? given("USERPROFILE");
  if (home === undefined) {
    throw new Error(
      "Cannot tell where to keep the state: neither MOLECULE_STATE_DIR nor HOME is set",
    );
  }
  return join(home, ".config", "molecule", "state");
}

/** Whether `dir` is where the state lives if nobody says otherwise. */
export function isDefaultStateDir(dir: string): boolean {
  try {
    return defaultStateDir() === dir;
  } catch {
    return false; // there is none
  }
}

/**
 * A workspace id as a file name. Ids of the usual form stay as they are; everything else is percent-encoded, so that
 * `../x` names a file in the directory like any other id.
 */
function fileName(workspaceId: string): string {
  const encode = (char: string) =>
    [...new TextEncoder().encode(char)].map((byte) =>
      `%${byte.toString(16).toUpperCase().padStart(2, "0")}`
    ).join("");
  // A dot too: "a.token" must not get the file that "a" keeps its token in.
  return workspaceId.replace(/[^A-Za-z0-9_-]/gu, encode);
}

/** The files of one workspace. */
export interface StatePaths {
  /** The directory that they all stand in. */
  readonly dir: string;
  /** The state itself. */
  readonly state: string;
  /** The lock that the connector holds while it runs. */
  readonly lock: string;
  /** A token that register minted. */
  readonly token: string;
  /** Directory of the ids of rows that are done, in files that are written once. */
  readonly handled: string;
  /** Directory of long reply texts, one file each. */
  readonly replies: string;
  /** Directory of the dead letters, one file each. */
  readonly dead: string;
  /** Directory of the dead letters that are to be tried again. */
  readonly retry: string;
  /** Directory of what back ends keep of sessions, one file each. */
  readonly sessions: string;
  /** Directory of the files of messages, a directory for each message. */
  readonly files: string;
  /** Directory that back ends work in. */
  readonly work: string;
}

/** The files of `workspaceId` in `dir`. */
export function statePaths(dir: string, workspaceId: string): StatePaths {
  const base = join(dir, fileName(workspaceId));
  return {
    dir,
    state: `${base}.json`,
    lock: `${base}.lock`,
    token: `${base}.token.json`,
    handled: `${base}.handled`,
    replies: `${base}.replies`,
    dead: `${base}.dead`,
    retry: `${base}.retry`,
    sessions: `${base}.sessions`,
    files: `${base}.files`,
    work: `${base}.work`,
  };
}
