/** A disk that fails under one directory, so that trials can run beside each other. */
import { type Disk, disk, type DiskFile } from "../../src/os/disk.ts";

/** Which step fails, and with which code of the operating system. */
export interface DiskTrouble {
  readonly op: "open" | "write" | "sync" | "rename";
  readonly code: "ENOSPC" | "EROFS" | "EACCES" | "EIO";
}

/** What Deno throws. */
function failure({ code }: DiskTrouble): Error {
  const message = `scripted disk fault (${code})`;
  const error = code === "EACCES"
    ? new Deno.errors.PermissionDenied(message)
    : new Error(message);
  return Object.assign(error, { code });
}

/** A real disk on which directories can be put in trouble. */
export class BrokenDisk {
  readonly #troubles = new Map<string, DiskTrouble>();
  #hits = new Map<string, number>();
  readonly #real = disk();
  /** Whether writes take one byte at a time. */
  isSlow = false;

  /** Everything under `dir` fails from now on; the function ends it. */
  break(dir: string, trouble: DiskTrouble): () => void {
    this.#troubles.set(dir, trouble);
    return () => void this.#troubles.delete(dir);
  }

  /** How often it failed under `dir`. */
  hits(dir: string): number {
    return this.#hits.get(dir) ?? 0;
  }

  #fail(path: string, op: DiskTrouble["op"]): void {
    for (const [dir, trouble] of this.#troubles) {
      if (!path.startsWith(dir) || trouble.op !== op) continue;
      this.#hits.set(dir, this.hits(dir) + 1);
      throw failure(trouble);
    }
  }

  #file(path: string, file: DiskFile): DiskFile {
    return {
      write: async (bytes) => {
        this.#fail(path, "write");
        return await file.write(this.isSlow ? bytes.subarray(0, 1) : bytes);
      },
      syncData: async () => {
        this.#fail(path, "sync");
        await file.syncData();
      },
      sync: async () => {
        this.#fail(path, "sync");
        await file.sync();
      },
      [Symbol.dispose]: () => file[Symbol.dispose](),
    };
  }

  /** To be put in force with `useDisk()`. */
  get disk(): Disk {
    const real = this.#real;
    return {
      ...real,
      mkdir: (path, options) => real.mkdir(path, options),
      readFile: (path) => real.readFile(path),
      remove: (path, options) => real.remove(path, options),
      readDir: (path) => real.readDir(path),
      stat: (path) => real.stat(path),
      open: async (path, options) => {
        if (options.createNew) this.#fail(path, "open");
        return this.#file(path, await real.open(path, options));
      },
      rename: async (from, to) => {
        this.#fail(to, "rename");
        await real.rename(from, to);
      },
    };
  }
}
