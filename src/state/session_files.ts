/**
 * What back ends keep of sessions, and which sessions had an answer: a file for each session and back end, so that
 * another back end never gets what the one before it kept. Their names are made from ids that strangers cannot choose.
 */
import { join } from "@std/path";
import { reached } from "../crash_points.ts";
import { reason } from "../errors.ts";
import type { Logger } from "../log.ts";
import {
  factsIfThere,
  listFiles,
  makePrivateDir,
  readIfThere,
  removeIfThere,
  replaceFile,
} from "../os/files.ts";
import { seal, unseal } from "./checksum.ts";

/** So many sessions are kept, those that were used last; senders choose how many there are. */
const MAX_SESSIONS = 1_000;
/** A session that was not used for so long is forgotten. */
const LIFE_MS = 30 * 24 * 3_600_000;
/** The file of a session in use is written anew after this time, for its age is all that tells of its use. */
const STALE_MS = 24 * 3_600_000;

/** What session files need. */
export interface SessionFilesOptions {
  /** Their directory. */
  readonly dir: string;
  /** Repeats a write until the disk takes it. */
  readonly untilWritten: (write: () => Promise<void>) => Promise<void>;
  readonly log: Logger;
}

/** What is known of a session. */
export interface SessionRecord {
  /** Whether a message of it was answered. */
  readonly answered: boolean;
  /** What the back end kept; absent where it kept nothing. */
  readonly kept?: string;
}

const NEW: SessionRecord = { answered: false };

/** The files of one workspace's sessions. A name is a file's without `.json`. */
export class SessionFiles {
  readonly #options: SessionFilesOptions;
  /** When the file of each session was last written, in ms since 1970; the oldest first. */
  readonly #writtenAt: Map<string, number>;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(
    options: SessionFilesOptions,
    writtenAt: Map<string, number>,
  ) {
    this.#options = options;
    this.#writtenAt = writtenAt;
  }

  /** Looks which files there are; the one time that the directory is read. Removes what is too old and half written. */
  static async open(options: SessionFilesOptions): Promise<SessionFiles> {
    const found: [name: string, writtenAtMs: number][] = [];
    for (const file of await listFiles(options.dir)) {
      if (file.endsWith(".tmp")) await removeIfThere(join(options.dir, file));
      if (!file.endsWith(".json")) continue;
      const facts = await factsIfThere(join(options.dir, file));
      found.push([file.slice(0, -".json".length), facts?.changedAtMs ?? 0]);
    }
    found.sort(([, a], [, b]) => a - b);
    const files = new SessionFiles(options, new Map(found));
    await files.#prune();
    return files;
  }

  /** What is known of the session; nothing where its file is damaged or cannot be read, which is told. */
  async read(name: string): Promise<SessionRecord> {
    await this.#writing;
    if (!this.#writtenAt.has(name)) return NEW;
    const path = this.#path(name);
    try {
      const text = await readIfThere(path);
      const { answered, kept } = unseal(text ?? "") ?? {};
      const isText = kept === undefined || typeof kept === "string";
      if (typeof answered === "boolean" && isText) {
        return kept === undefined ? { answered } : { answered, kept };
      }
      this.#warn(path, text === undefined ? "it is gone" : "it is damaged");
    } catch (error) {
      this.#warn(path, reason(error));
    }
    return NEW;
  }

  #warn(path: string, why: string): void {
    this.#options.log.warn(
      "What was kept of a session cannot be read: it begins anew",
      { path, error: why },
    );
  }

  /** Replaces what is known of the session, durably; one write after the other. */
  async write(name: string, record: SessionRecord): Promise<void> {
    const { dir, untilWritten } = this.#options;
    const writing = this.#writing.then(async () => {
      await untilWritten(async () => {
        await makePrivateDir(dir);
        await replaceFile(this.#path(name), seal({ ...record }));
      });
      this.#writtenAt.delete(name);
      this.#writtenAt.set(name, Date.now());
      reached("session written");
      await this.#prune();
    });
    this.#writing = writing.catch(() => {}); // its own caller is told
    await writing;
  }

  /** Whether the file of a session in use is missing, or so old that it could be taken for one that is not used. */
  isStale(name: string): boolean {
    return Date.now() - (this.#writtenAt.get(name) ?? 0) > STALE_MS;
  }

  /** Forgets the session. */
  async remove(name: string): Promise<void> {
    const removing = this.#writing.then(() => this.#remove(name));
    this.#writing = removing;
    await removing;
  }

  async #prune(): Promise<void> {
    const oldest = Date.now() - LIFE_MS;
    for (const [name, writtenAtMs] of this.#writtenAt) {
      const isOld = writtenAtMs < oldest;
      if (!isOld && this.#writtenAt.size <= MAX_SESSIONS) return;
      await this.#remove(name);
    }
  }

  /** What cannot be removed now is found by the next start. */
  async #remove(name: string): Promise<void> {
    if (!this.#writtenAt.delete(name)) return;
    const path = this.#path(name);
    try {
      await removeIfThere(path);
    } catch (error) {
      this.#options.log.warn("The file of an old session cannot be removed", {
        path,
        error: reason(error),
      });
    }
  }

  #path(name: string): string {
    return join(this.#options.dir, `${name}.json`);
  }
}
