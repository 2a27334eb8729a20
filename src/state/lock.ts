/** One connector per workspace: a lock that the operating system frees when its holder dies. */
import { delay } from "@std/async/delay";
import { ConnectError } from "../errors.ts";
import { makePrivateDir } from "../os/files.ts";
import { stateDirError } from "./state_dir.ts";
import type { StatePaths } from "./paths.ts";

/** Whoever only looks whether the lock is held has it for a moment: it is tried as often, this far apart. */
const LOOKS = 3;
const LOOK_MS = 20;

/** A held lock; disposing frees it. */
export interface StateLock extends Disposable {
  /** The lock's file. */
  readonly path: string;
}

/**
 * Takes the lock of a workspace. The file stays when it is freed: its name is the lock, its content only tells who.
 *
 * @throws {ConnectError} with code `ALREADY_RUNNING`, naming the holder's pid, if another process has it.
 * @throws {UsageError} if the directory is none, or may not be written.
 * @throws {StateError} if it cannot be used for another reason.
 */
export async function takeLock(
  paths: StatePaths,
  workspaceId: string,
): Promise<StateLock> {
  let file: Deno.FsFile;
  try {
    await makePrivateDir(paths.dir);
    file = await Deno.open(paths.lock, {
      read: true,
      write: true,
      create: true,
      mode: 0o600,
    });
  } catch (cause) {
    throw stateDirError(paths.dir, cause);
  }
  let held = false;
  try {
    for (let left = LOOKS; !held && left > 0; left--) {
      held = await file.tryLock(true);
      if (!held && left > 1) await delay(LOOK_MS);
    }
    if (!held) {
      const pid = await holder(paths);
      throw new ConnectError(
        "ALREADY_RUNNING",
        `Workspace "${workspaceId}" is already connected from here${
          pid === "" ? "" : ` by process ${pid}`
        }`,
        {
          hint:
            "stop that one first, or give this one a state directory of its own",
        },
      );
    }
    await file.truncate();
    await file.write(new TextEncoder().encode(`${Deno.pid}\n`));
  } catch (error) {
    file.close();
    throw error;
  }
  return { path: paths.lock, [Symbol.dispose]: () => file.close() };
}

/** Pid of the process that holds the lock, or an empty text where it cannot be told; undefined where none does. */
export async function lockHolder(
  paths: Pick<StatePaths, "lock">,
): Promise<string | undefined> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(paths.lock, { read: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  using _ = file; // closing it frees what was locked
  if (await file.tryLock(false)) return undefined;
  return await holder(paths);
}

/** The pid in the file; empty where somebody else wrote there. */
async function holder({ lock }: Pick<StatePaths, "lock">): Promise<string> {
  const text = await Deno.readTextFile(lock).catch(() => "");
  return /^\d{1,10}$/.exec(text.trim())?.[0] ?? "";
}
