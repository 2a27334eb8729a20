/** One connector per workspace: a lock that the operating system frees when its holder dies. */
import { ConnectError } from "../errors.ts";
import { makePrivateDir } from "../os/files.ts";
import { stateDirError } from "./state_dir.ts";
import type { StatePaths } from "./paths.ts";

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
    held = await file.tryLock(true);
    if (!held) {
      const pid = (await Deno.readTextFile(paths.lock).catch(() => "")).trim();
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
