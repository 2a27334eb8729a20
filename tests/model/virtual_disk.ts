/**
 * A disk in memory that forgets at a crash what was not synced: a file keeps any beginning of what was written after its
 * last sync, and a name keeps what it stood for at the directory's last sync or anything since then.
 */
import { dirname } from "@std/path";
import type { Disk, DiskFile } from "../../src/os/disk.ts";
import { type Life, never } from "./life.ts";
import type { Random } from "./random.ts";
import type { VirtualClock } from "./virtual_clock.ts";

/** NTFS writes its names into a journal of its own, and there is no way to sync them. */
const namesAreDurable = Deno.build.os === "windows";

interface FileNode {
  readonly isFile: true;
  bytes: Uint8Array;
  /** So many bytes survive a crash for certain. */
  synced: number;
  changedAt: number;
}

interface DirNode {
  readonly isFile: false;
}

type Node = FileNode | DirNode;

/** What a name stands for: at the last sync of its directory, and after each change since. */
interface Name {
  durable: Node | undefined;
  changes: (Node | undefined)[];
}

/** What a crash did to the disk. */
export interface CrashDamage {
  /** Files of which only a part is left. */
  readonly torn: number;
  /** Names that fell back to what they were. */
  readonly undone: number;
}

/** How the disk behaves. */
export interface DiskManner {
  /** Longest usual time of an operation, in ms; a few take fifty times as long. */
  readonly slowMs: number;
}

/** A disk of its own. */
export class VirtualDisk implements Disk {
  /** The process that uses it. */
  life: Life;
  /** Nothing can be written while it is full. */
  full = false;
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #manner: DiskManner;
  #names = new Map<string, Name>();

  /** It holds the one directory `root`. */
  constructor(
    clock: VirtualClock,
    random: Random,
    life: Life,
    root: string,
    manner: DiskManner,
  ) {
    this.#clock = clock;
    this.#random = random;
    this.#manner = manner;
    this.life = life;
    this.#names.set(root, { durable: { isFile: false }, changes: [] });
  }

  /** Does something, which takes a while; it is done at the beginning of that time or at its end. */
  op<T>(run: () => T): Promise<T> {
    const { life } = this;
    if (!life.alive) return never();
    const usual = this.#random.next() * this.#manner.slowMs;
    const ms = this.#random.chance(0.02) ? usual * 50 : usual;
    const attempt = (): () => T => {
      try {
        const value = run();
        return () => value;
      } catch (error) {
        return () => {
          throw error;
        };
      }
    };
    let result = this.#random.chance(0.5) ? attempt() : undefined;
    return new Promise((resolve, reject) => {
      this.#clock.after(ms, () => {
        if (!life.alive) return;
        result ??= attempt();
        try {
          resolve(result());
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  #node(path: string): Node | undefined {
    const name = this.#names.get(path);
    return name === undefined
      ? undefined
      : name.changes.length > 0
      ? name.changes.at(-1)
      : name.durable;
  }

  #file(path: string): FileNode {
    const node = this.#node(path);
    if (node === undefined) throw notFound(path);
    if (!node.isFile) throw new Deno.errors.IsADirectory(path);
    return node;
  }

  #change(path: string, node: Node | undefined): void {
    const parent = this.#node(dirname(path));
    if (parent === undefined || parent.isFile) throw notFound(path);
    const name = this.#names.get(path) ?? { durable: undefined, changes: [] };
    this.#names.set(path, name);
    if (namesAreDurable) name.durable = node;
    else name.changes.push(node);
  }

  #need(): void {
    if (!this.full) return;
    const error = new Error("No space left on device (os error 28)");
    throw Object.assign(error, { code: "ENOSPC" });
  }

  mkdir(path: string): Promise<void> {
    return this.op(() => this.#mkdir(path));
  }

  #mkdir(path: string): void {
    const there = this.#node(path);
    if (there?.isFile) throw new Deno.errors.AlreadyExists(path);
    if (there !== undefined) return;
    this.#need();
    const parent = dirname(path);
    if (parent !== path) this.#mkdir(parent);
    this.#change(path, { isFile: false });
  }

  open(
    path: string,
    options: { readonly createNew?: boolean },
  ): Promise<DiskFile> {
    return this.op(() => {
      if (!options.createNew) return this.#opened(path, this.#node(path));
      if (this.#node(path) !== undefined) {
        throw new Deno.errors.AlreadyExists(path);
      }
      this.#need();
      const node: FileNode = {
        isFile: true,
        bytes: new Uint8Array(),
        synced: 0,
        changedAt: Date.now(),
      };
      this.#change(path, node);
      return this.#opened(path, node);
    });
  }

  #opened(path: string, node: Node | undefined): DiskFile {
    if (node === undefined) throw notFound(path);
    const sync = () => {
      if (node.isFile) {
        node.synced = node.bytes.length;
        return;
      }
      for (const [child, name] of this.#names) {
        if (dirname(child) === path && name.changes.length > 0) {
          name.durable = name.changes.at(-1);
          name.changes = [];
        }
      }
    };
    return {
      write: (bytes) =>
        this.op(() => {
          if (!node.isFile) throw new Deno.errors.IsADirectory(path);
          this.#need();
          const some = this.#random.chance(0.1)
            ? bytes.slice(0, this.#random.whole(1, bytes.length))
            : bytes;
          const joined = new Uint8Array(node.bytes.length + some.length);
          joined.set(node.bytes);
          joined.set(some, node.bytes.length);
          node.bytes = joined;
          node.changedAt = Date.now();
          return some.length;
        }),
      syncData: () => this.op(sync),
      sync: () => this.op(sync),
      [Symbol.dispose]: () => {},
    };
  }

  rename(from: string, to: string): Promise<void> {
    return this.op(() => {
      const node = this.#node(from);
      if (node === undefined) throw notFound(from);
      this.#change(to, node);
      this.#change(from, undefined);
    });
  }

  readFile(path: string): Promise<Uint8Array> {
    return this.op(() => this.#file(path).bytes);
  }

  remove(
    path: string,
    options?: { readonly recursive: boolean },
  ): Promise<void> {
    return this.op(() => {
      if (!options?.recursive) this.#file(path);
      else if (this.#node(path) === undefined) throw notFound(path);
      const inside = [...this.#names.keys()].filter((child) =>
        child.startsWith(`${path}/`) && this.#node(child) !== undefined
      );
      // From the bottom up: a crash takes any part of it back.
      for (const child of inside.sort().reverse()) {
        this.#change(child, undefined);
      }
      this.#change(path, undefined);
    });
  }

  async *readDir(
    path: string,
  ): AsyncGenerator<
    {
      readonly name: string;
      readonly isFile: boolean;
      readonly isDirectory: boolean;
    }
  > {
    yield* await this.op(() => {
      const node = this.#node(path);
      if (node === undefined) throw notFound(path);
      return [...this.#names.keys()].flatMap((child) => {
        const found = dirname(child) === path ? this.#node(child) : undefined;
        return found === undefined ? [] : [{
          name: child.slice(path.length + 1),
          isFile: found.isFile,
          isDirectory: !found.isFile,
        }];
      });
    });
  }

  stat(
    path: string,
  ): Promise<{ readonly mtime: Date | null; readonly size: number }> {
    return this.op(() => {
      const node = this.#node(path);
      if (node === undefined) throw notFound(path);
      return node.isFile
        ? { mtime: new Date(node.changedAt), size: node.bytes.length }
        : { mtime: null, size: 0 };
    });
  }

  /** The text of a file as it is now; undefined where there is none. */
  text(path: string): string | undefined {
    const node = this.#node(path);
    return node?.isFile ? new TextDecoder().decode(node.bytes) : undefined;
  }

  /** The texts of the files in `dir`, by path, as they are now. */
  texts(dir: string): Map<string, string> {
    const texts = new Map<string, string>();
    for (const path of this.#names.keys()) {
      const node = dirname(path) === dir ? this.#node(path) : undefined;
      if (node?.isFile) texts.set(path, new TextDecoder().decode(node.bytes));
    }
    return texts;
  }

  /** The machine went down: what was not synced is there, gone, or half there. */
  crash(): CrashDamage {
    let undone = 0;
    for (const [path, name] of [...this.#names]) {
      const versions = [name.durable, ...name.changes];
      const kept = this.#random.whole(0, versions.length - 1);
      if (kept < versions.length - 1) undone++;
      name.durable = versions[kept];
      name.changes = [];
      if (name.durable === undefined) this.#names.delete(path);
    }
    for (const path of [...this.#names.keys()]) {
      for (let up = dirname(path); up !== dirname(up); up = dirname(up)) {
        const isInside = up.startsWith(this.#root());
        if (isInside && !this.#names.has(up)) this.#names.delete(path);
      }
    }
    let torn = 0;
    for (const { durable } of this.#names.values()) {
      if (!durable?.isFile || durable.synced === durable.bytes.length) continue;
      const { bytes, synced } = durable;
      const kept = this.#random.whole(synced, bytes.length);
      // Some file systems lengthen the file before they write what is in it.
      const padded = this.#random.chance(0.2) ? bytes.length : kept;
      if (kept < bytes.length) torn++;
      durable.bytes = new Uint8Array(padded);
      durable.bytes.set(bytes.subarray(0, kept));
      durable.synced = padded;
    }
    return { torn, undone };
  }

  #root(): string {
    return this.#names.keys().next().value!;
  }
}

function notFound(path: string): Error {
  return new Deno.errors.NotFound(path);
}
