/**
 * Files that a program left in a directory, read so that nothing outside of it is read in their place: whoever wrote the
 * directory may have been talked into laying links there, and may still be at work.
 */
import { isAbsolute, join, relative, SEPARATOR } from "@std/path";
import { disk } from "./disk.ts";
import { isWindows } from "./platform.ts";

/** Deeper down nothing is looked for. */
const MAX_DEPTH = 8;

/** What a file turned out to be. */
export type ReadInside =
  | { readonly is: "file"; readonly bytes: Uint8Array<ArrayBuffer> }
  /** Longer than what was to be read. */
  | { readonly is: "too long" }
  /** A link, no regular file, outside, or not there any more. */
  | { readonly is: "no file" };

/** Whether `path` lies in `dir` or below. Both are real paths. */
function isInside(path: string, dir: string): boolean {
  const way = relative(dir, path);
  return way !== "" && way !== ".." && !way.startsWith(`..${SEPARATOR}`) &&
    !isAbsolute(way);
}

/**
 * Where `dir` really is if nothing on the way down to it from `root` is a link: a program that may write beside its
 * directory could lay one in its place.
 */
export async function realDirBelow(root: string, dir: string): Promise<string> {
  try {
    return join(await Deno.realPath(root), relative(root, dir));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return dir; // nothing is in it either
  }
}

/** The real path of a file in `dir`, itself a real path; undefined where `path` leads elsewhere, or nowhere. */
export async function realPathInside(
  path: string,
  dir: string,
): Promise<string | undefined> {
  try {
    const real = await Deno.realPath(path);
    return isInside(real, dir) ? real : undefined;
  } catch {
    return undefined; // for a name that leads nowhere it makes no difference why
  }
}

/**
 * Paths of the regular files in `dir` and below, sorted, `most` of them at most. Names that begin with a dot are left out,
 * and links are not followed. A directory that is not there has none.
 */
export async function filesBelow(dir: string, most: number): Promise<string[]> {
  const found: string[] = [];
  const look = async (at: string, depth: number) => {
    const entries = (await Array.fromAsync(disk().readDir(at)))
      .filter(({ name }) => !name.startsWith("."))
      .sort((a, b) => a.name < b.name ? -1 : 1);
    for (const { name, isFile, isDirectory } of entries) {
      if (found.length >= most) return;
      if (isFile) found.push(join(at, name));
      else if (isDirectory && depth < MAX_DEPTH) {
        await look(join(at, name), depth + 1);
      }
    }
  };
  try {
    await look(dir, 0);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found;
}

/** Whether both are the same file; Windows does not always tell. */
function isSame(a: Deno.FileInfo, b: Deno.FileInfo): boolean {
  return isWindows && a.ino === null || (a.ino === b.ino && a.dev === b.dev);
}

/**
 * The bytes of the regular file `path` in `dir`, itself a real path, up to `maxBytes`. What is opened is compared with what was looked at:
 * a link that is laid in between leads nowhere.
 *
 * @throws what the disk says.
 */
export async function readInside(
  path: string,
  dir: string,
  maxBytes: number,
): Promise<ReadInside> {
  const real = await realPathInside(path, dir);
  if (real === undefined) return { is: "no file" };
  try {
    const looked = await Deno.lstat(real);
    if (!looked.isFile) return { is: "no file" }; // a pipe would not even open
    using file = await Deno.open(real, { read: true });
    const opened = await file.stat();
    if (!opened.isFile || !isSame(looked, opened)) return { is: "no file" };
    if (opened.size > maxBytes) return { is: "too long" };
    return await readUpTo(file, opened.size, maxBytes);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { is: "no file" };
    throw error;
  }
}

/** It may still grow: no more than `maxBytes` are read. */
async function readUpTo(
  file: Deno.FsFile,
  size: number,
  maxBytes: number,
): Promise<ReadInside> {
  let bytes = new Uint8Array(size + 1);
  let done = 0;
  for (;;) {
    const read = await file.read(bytes.subarray(done));
    if (read === null) break;
    done += read;
    if (done > maxBytes) return { is: "too long" };
    if (done === bytes.length) {
      const longer = new Uint8Array(2 * bytes.length);
      longer.set(bytes);
      bytes = longer;
    }
  }
  return { is: "file", bytes: bytes.subarray(0, done) };
}
