/** A command of the operator's for the shell, meant from where molecule was started although it runs elsewhere. */
import { isAbsolute, resolve } from "@std/path";
import { silentLogger } from "../../log.ts";
import { isWindows } from "../../os/platform.ts";
import type { Readiness } from "../backend.ts";
import { childEnv } from "./child_env.ts";
import { directoryReadiness } from "./directory.ts";
import { runCommand } from "./run_command.ts";

/** What a path of a program looks like that a shell takes for nothing else: `./answer.sh`, `../bin/answer`, `/opt/a`. */
const LEADING_PATH = /^(?:\.{1,2}\/|\/)[\w./-]+/;
/** A name that is looked up in the PATH. */
const COMMAND_NAME = /^[A-Za-z0-9_][\w.+-]*$/;
/** Longest time of a look-up. */
const LOOK_UP_MS = 5_000;
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

/** What keeps the file at `path` from being run; undefined where nothing is known of. */
async function obstacle(path: string): Promise<string | undefined> {
  try {
    const { isDirectory, mode } = await Deno.stat(path);
    if (isDirectory) return "is a directory";
    return isWindows || mode === null || (mode & 0o111) !== 0
      ? undefined
      : "is not executable";
  } catch (error) {
    return error instanceof Deno.errors.NotFound ? "does not exist" : undefined;
  }
}

/** Whether the shell knows a command of this name: a program in the PATH, or one of its own. */
async function isKnown(name: string, signal: AbortSignal): Promise<boolean> {
  if (isWindows) return true;
  try {
    const { code } = await runCommand({
      command: "/bin/sh",
      args: ["-c", 'command -v -- "$1"', "sh", name],
      env: childEnv(Deno.env.toObject(), [], {}),
      stdin: "",
      timeoutMs: LOOK_UP_MS,
    }, { signal, log: silentLogger });
    return code !== 1 && code !== 127;
  } catch {
    signal.throwIfAborted();
    return true; // a shell that cannot be asked says nothing about the command
  }
}

/**
 * Not ready where the directory is none, where `command` begins with a program that is not there or cannot be run, or where
 * it names a file that is here while it runs elsewhere. What only a shell can tell (a variable, a pipe) counts as ready.
 */
export async function commandReadiness(
  command: string,
  cwd: string | undefined,
  signal: AbortSignal,
): Promise<Readiness> {
  const directory = await directoryReadiness(cwd);
  if (!directory.ready) return directory;
  const trimmed = command.trim();
  const path = LEADING_PATH.exec(trimmed)?.[0];
  const why = path === undefined
    ? undefined
    : await obstacle(resolve(cwd ?? "", path));
  if (why !== undefined) {
    return {
      ready: false,
      reason: `${path} ${why}`,
      remedy: "give the path of the program in cmd, or its directory as cwd",
    };
  }
  const [name = ""] = trimmed.split(/\s+/, 1);
  if (
    PLAIN.test(trimmed) && COMMAND_NAME.test(name) &&
    !await isKnown(name, signal)
  ) {
    return {
      ready: false,
      reason: `the shell finds no command ${name}`,
      remedy: "install it, or give its full path in cmd",
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
