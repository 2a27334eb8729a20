/**
 * The files of messages that are over, each message's in a directory of its own. They are kept within bounds, for senders
 * choose how many there are: the oldest go first.
 */
import { delay } from "@std/async/delay";
import { join } from "@std/path";
import { reason } from "../errors.ts";
import type { Logger } from "../log.ts";
import { factsIfThere, listDirs, listFiles, removeTree } from "../os/files.ts";
import type { Timing } from "../timing.ts";

/** How much is kept. */
export interface KeptBounds {
  /** Most messages. */
  readonly messages: number;
  /** Most files of all of them: of small ones a disk holds only so many. */
  readonly files: number;
  /** Most bytes of all of them. */
  readonly bytes: number;
}

const BOUNDS: KeptBounds = {
  messages: 1_000,
  files: 10_000,
  bytes: 1024 * 1024 * 1024,
};

/** What keeping them needs. */
export interface KeptFilesOptions {
  /** Directory of all of them. */
  readonly root: string;
  readonly timing: Pick<Timing, "fileLifeMs" | "filesEveryMs">;
  readonly log: Logger;
  /** Names of the directories whose messages are not over. */
  readonly inUse: () => ReadonlySet<string>;
  readonly bounds?: KeptBounds;
}

/** The files of a message that is over. */
interface Kept {
  readonly changedAtMs: number;
  readonly files: number;
  readonly bytes: number;
}

/** Keeps the files of messages that are over. */
export class KeptFiles {
  readonly #options: KeptFilesOptions;
  readonly #bounds: KeptBounds;
  /** What is known to be kept, by the name of its directory. */
  #kept = new Map<string, Kept>();

  /** Nothing is known yet. */
  constructor(options: KeptFilesOptions) {
    this.#options = options;
    this.#bounds = options.bounds ?? BOUNDS;
  }

  /** The message of this directory is over: older ones make room for its files. */
  async add(name: string): Promise<void> {
    await this.#measure(name);
    await this.#keepToBounds();
  }

  /** The message of this directory runs again: its files stay. */
  take(name: string): void {
    this.#kept.delete(name);
  }

  /** Looks for what nobody told of, and removes what is old, until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.look(signal);
      } catch (error) {
        this.#options.log.warn("Old files of messages cannot be removed", {
          error: reason(error),
        });
      }
      const { filesEveryMs } = this.#options.timing;
      await delay(filesEveryMs, { signal }).catch(() => {}); // aborted
    }
  }

  /** Looks once; what a process before this one left is met one by one, however much it is. */
  async look(signal: AbortSignal): Promise<void> {
    const { root, inUse } = this.#options;
    for (const name of await listDirs(root)) {
      if (signal.aborted) return;
      if (this.#kept.has(name)) continue;
      await this.#measure(name);
      // Asked now, not before: it may run again by an operator's wish.
      if (inUse().has(name)) this.#kept.delete(name);
      await this.#keepToBounds(signal);
    }
    await this.#keepToBounds(signal);
  }

  async #measure(name: string): Promise<void> {
    const dir = join(this.#options.root, name);
    const { changedAtMs = Infinity } = await factsIfThere(dir) ?? {};
    const inDir = join(dir, "in");
    const files = await listFiles(inDir);
    let bytes = 0;
    for (const file of files) {
      bytes += (await factsIfThere(join(inDir, file)))?.bytes ?? 0;
    }
    this.#kept.set(name, { changedAtMs, files: files.length, bytes });
  }

  /** Removes those of more than a day, and the oldest of too many, one after the other. */
  async #keepToBounds(signal?: AbortSignal): Promise<void> {
    while (!signal?.aborted) {
      const name = this.#tooMuch();
      if (name === undefined) return;
      // First: what cannot be removed is met again by the next look.
      this.#kept.delete(name);
      await removeTree(join(this.#options.root, name));
    }
  }

  /** The oldest, where it is too old, or all together are too much. */
  #tooMuch(): string | undefined {
    let oldest: string | undefined;
    let atMs = Infinity;
    let files = 0;
    let bytes = 0;
    for (const [name, kept] of this.#kept) {
      if (oldest === undefined || kept.changedAtMs < atMs) {
        [oldest, atMs] = [name, kept.changedAtMs];
      }
      files += kept.files;
      bytes += kept.bytes;
    }
    const most = this.#bounds;
    const isTooMuch = this.#kept.size > most.messages || files > most.files ||
      bytes > most.bytes ||
      atMs < Date.now() - this.#options.timing.fileLifeMs;
    return isTooMuch ? oldest : undefined;
  }
}
