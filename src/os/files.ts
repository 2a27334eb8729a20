/** The file layer under everything that is kept: private files, replaced whole and durably. */
import { delay } from "@std/async/delay";
import { dirname } from "@std/path";
import { reached } from "../crash_points.ts";
import { disk, type DiskFile } from "./disk.ts";
import { isWindows } from "./platform.ts";

/** Only the owner reads and writes. */
const PRIVATE_FILE = 0o600;
const PRIVATE_DIR = 0o700;
/** As much as a first state takes. */
const TRIED_BYTES = 4096;

/**
 * Makes `path` and the directories above it, durably and for the owner alone; one that exists already is left as it is.
 */
export async function makePrivateDir(path: string): Promise<void> {
  const made: string[] = [];
  for (let at = path; await isMissing(at); at = dirname(at)) made.push(at);
  await disk().mkdir(path, { recursive: true, mode: PRIVATE_DIR });
  // Else a power failure takes a new directory back, with all that was synced in it.
  for (const dir of made) await syncParent(dir);
}

async function isMissing(path: string): Promise<boolean> {
  try {
    await disk().stat(path);
    return false;
  } catch (error) {
    // What else is wrong with it, making it will tell.
    return error instanceof Deno.errors.NotFound && dirname(path) !== path;
  }
}

/** The directory above one of ours may be another's, who lets us look for names in it but not read it. */
async function syncParent(dir: string): Promise<void> {
  try {
    await syncDir(dirname(dir));
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
  }
}

/** Writes all of `bytes`. */
export async function writeAll(
  file: DiskFile,
  bytes: Uint8Array,
): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const written = await file.write(bytes.subarray(done));
    if (written === 0) {
      throw new Deno.errors.WriteZero("the disk takes nothing");
    }
    done += written;
  }
}

/** Makes a rename in `dir` durable. Windows has no way to ask for it. */
async function syncDir(dir: string): Promise<void> {
  if (isWindows) return;
  using file = await disk().open(dir, { read: true });
  await file.sync();
}

/** On Windows a rename over a file that a virus scanner or an indexer holds open fails for a moment. */
async function rename(from: string, to: string): Promise<void> {
  for (let left = isWindows ? 5 : 0;; left--) {
    try {
      return await disk().rename(from, to);
    } catch (error) {
      if (left === 0) throw error;
      await delay(20);
    }
  }
}

/** Replaces `path` by `text`: after a crash at any moment it holds the old text or the new one, never a mixture. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const temp = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    {
      using file = await disk().open(temp, {
        write: true,
        createNew: true,
        mode: PRIVATE_FILE,
      });
      reached("file begun");
      await writeAll(file, new TextEncoder().encode(text));
      reached("file written");
      await file.syncData();
    }
    reached("file synced");
    await rename(temp, path);
    reached("file renamed");
  } catch (error) {
    await removeIfThere(temp).catch(() => {}); // the first error is the one that tells
    throw error;
  }
  await syncDir(dirname(path));
  reached("directory synced");
}

/** Goes through all that `replaceFile()` does, beside `path`, and leaves nothing. @throws what the disk says. */
export async function tryDisk(path: string): Promise<void> {
  const [begun, renamed] = [`${path}.try.tmp`, `${path}.tried.tmp`];
  try {
    await removeIfThere(begun); // of a process that was killed here
    {
      using file = await disk().open(begun, {
        write: true,
        createNew: true,
        mode: PRIVATE_FILE,
      });
      await writeAll(file, new Uint8Array(TRIED_BYTES));
      await file.syncData();
    }
    await rename(begun, renamed);
    await syncDir(dirname(path));
  } finally {
    for (const left of [begun, renamed]) {
      await removeIfThere(left).catch(() => {}); // the first error is the one that tells
    }
  }
}

/** Renames `from` to `to`, durably. */
export async function moveFile(from: string, to: string): Promise<void> {
  await rename(from, to);
  reached("file moved");
  await syncDir(dirname(to));
  if (dirname(from) !== dirname(to)) await syncDir(dirname(from));
}

/** The text of `path`, or undefined where there is no such file. @throws {TypeError} if it is not UTF-8. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      await disk().readFile(path),
    );
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Removes `path`; no such file is as good. */
export async function removeIfThere(path: string): Promise<void> {
  try {
    await disk().remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Removes `path` so that no crash brings it back; no such file is as good. */
export async function removeDurably(path: string): Promise<void> {
  await removeIfThere(path);
  try {
    await syncDir(dirname(path));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Names of the files in `dir`; none where there is no such directory. */
export async function listFiles(dir: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(disk().readDir(dir))).filter((entry) =>
      entry.isFile
    ).map((entry) => entry.name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Names of the directories in `dir`; none where there is no such directory. */
export async function listDirs(dir: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(disk().readDir(dir))).filter((entry) =>
      entry.isDirectory
    ).map((entry) => entry.name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Makes an empty directory for the owner alone; what stood there before goes. It need not survive a crash. */
export async function makeEmptyDir(path: string): Promise<void> {
  await removeTree(path);
  await disk().mkdir(path, { recursive: true, mode: PRIVATE_DIR });
}

/** Removes a directory with all that is in it; no such directory is as good. */
export async function removeTree(path: string): Promise<void> {
  try {
    await disk().remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** What is known of a file without reading it. */
export interface FileFacts {
  /** Its size. */
  readonly bytes: number;
  /** When its content last changed, in ms since 1970; undefined where that cannot be told. */
  readonly changedAtMs: number | undefined;
}

/** What is known of `path`, or undefined where there is no such file. */
export async function factsIfThere(
  path: string,
): Promise<FileFacts | undefined> {
  try {
    const { size, mtime } = await disk().stat(path);
    return { bytes: size, changedAtMs: mtime?.getTime() };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
