/** Everything that must survive a crash, and the writing of it: changes that become due together are one write. */
import { reached } from "../crash_points.ts";
import { delay } from "@std/async/delay";
import { join } from "@std/path";
import { setImmediate } from "node:timers";
import type { Part } from "../a2a/part.ts";
import { reason, StateError } from "../errors.ts";
import type { Logger } from "../log.ts";
import {
  listFiles,
  makePrivateDir,
  readIfThere,
  removeIfThere,
  replaceFile,
} from "../os/files.ts";
import { Backoff } from "../retry.ts";
import { seal, unseal } from "./checksum.ts";
import { moveAside, type OnDamaged } from "./damaged.ts";
import { HandledRows } from "./handled_rows.ts";
import { Epochs } from "./epochs.ts";
import type { StatePaths } from "./paths.ts";
import {
  type Attempt,
  type OutboxEntry,
  type SavedChild,
  type SavedExchange,
  saveState,
  type State,
} from "./state.ts";
import { Cursor } from "./cursor.ts";

/** Longer answers stand in files of their own, so that a commit does not write them again and again. */
const MAX_INLINE_CHARS = 4_000;
/** An attempt whose row never came back is forgotten after this time: the platform keeps no row longer. */
const ATTEMPT_LIFE_MS = 31 * 24 * 3_600_000;

/** The file of a saved answer is damaged or gone: no other try will bring it back. */
export class DamagedReplyError extends Error {
  /** The class's name. */
  override readonly name = "DamagedReplyError";

  /** `path` is the file. */
  constructor(path: string) {
    super(`The saved answer ${path} is damaged or gone`);
  }
}

/** What the journal needs. */
export interface JournalOptions {
  /** The workspace's files. */
  readonly paths: StatePaths;
  /** The state as it was loaded. */
  readonly state: State;
  /** Told of failed writes. */
  readonly log: Logger;
  /** The platform's clock, in ms since 1970. */
  readonly platformNow: () => number;
  /** When this aborts, a failed write is no longer repeated. */
  readonly giveUp: AbortSignal;
  /** Told that the saved cursor moved. */
  readonly onCursor: (cursor: string) => void;
}

/** The state of a running connection. Change it, then `commit()`; only then is it believed. */
export class Journal {
  /** The finished prefix of the feed. */
  readonly cursor: Cursor;
  /** Messages whose turn began, by row. */
  readonly attempts: Map<string, Attempt>;
  /** Messages whose senders were told that they wait, and when, in ms since 1970. */
  readonly told: Map<string, number>;
  /** Answers that the platform has not taken yet, by id, oldest first. */
  readonly outbox: Map<string, OutboxEntry>;
  /** Ids of dead letters that were tried again and whose files may still be there. */
  readonly retried: Set<string>;
  /** Processes of back ends that run. */
  readonly children: Set<SavedChild>;
  /** The rows that are done. */
  readonly handled: HandledRows;
  /** Which epoch of their sessions conversations are in. */
  readonly epochs: Epochs;
  /** Whether the state was the Go CLI's: it had nothing but the cursor. */
  readonly isFromGoCli: boolean;
  /** How far back windows may reach, in ms since 1970 by the platform's clock; undefined before the first read. */
  floorMs: number | undefined;
  /** Where reads that look for very late rows begin: every row from there on can be brought again. */
  far: State["far"];
  /** The newest Stop of a person; undefined before the first one. */
  stop: State["stop"];

  /** Digests of the texts that a person was shown a moment ago, told at each write by whoever shows them. */
  shown: () => readonly string[];
  /** The exchanges with peers, told at each write by whoever counts them. */
  exchanges: () => readonly SavedExchange[];
  /** Told that a write failed and is repeated; with undefined once the disk takes it. */
  onTrouble: (error: unknown) => void = () => {};

  /** How many writes failed and are being repeated. */
  #failing = 0;

  readonly #options: JournalOptions;
  #next: Promise<void> | undefined;
  #writing: Promise<void> = Promise.resolve();
  #unlinkAfterWrite: string[] = [];
  #savedCursor: string;
  /** Answers that no write has held yet. */
  #unsaved = new Set<string>();
  /** Long answers that are not in their files yet. */
  #bodies = new Map<string, readonly Part[]>();

  private constructor(options: JournalOptions, handled: HandledRows) {
    const { state } = options;
    const settledAtMs = state.settled_at;
    this.isFromGoCli = state.last_since_id !== "" &&
      Object.keys(state).length === 2;
    const settledId = state.settled_since_id ??
      (this.isFromGoCli ? state.last_since_id : "");
    this.#options = options;
    this.#savedCursor = state.last_since_id;
    this.handled = handled;
    this.cursor = new Cursor({
      settled: settledId === "" ? null : {
        id: settledId,
        micros: settledAtMs === undefined ? undefined : settledAtMs * 1_000,
      },
      settledAtMs,
      last: state.last_since_id,
    });
    const oldest = Date.now() - ATTEMPT_LIFE_MS;
    this.attempts = new Map(
      Object.entries(state.attempts ?? {}).filter(([, attempt]) =>
        attempt.at > oldest
      ),
    );
    this.told = new Map(
      Object.entries(state.told ?? {}).filter(([, at]) => at > oldest),
    );
    this.outbox = new Map(
      (state.outbox ?? []).map((entry) => [entry.id, entry]),
    );
    this.retried = new Set(state.retried);
    this.children = new Set(state.children);
    this.epochs = new Epochs(state.epochs);
    this.floorMs = state.floor;
    this.far = state.far;
    this.stop = state.stop;
    this.shown = () => state.shown ?? [];
    this.exchanges = () => state.exchanges ?? [];
  }

  /** Loads what stands beside the state file. Damage there is told to `onDamaged` and survived. */
  static async open(
    options: JournalOptions,
    onDamaged: OnDamaged,
  ): Promise<Journal> {
    const journal = new Journal(
      options,
      await HandledRows.load(options.paths.handled, options.state, onDamaged),
    );
    // A crash between a reply's write and the commit that names it, or after the one that forgets it.
    for (const name of await listFiles(options.paths.replies)) {
      const isOurs = /\.(json|tmp)$/.test(name);
      if (isOurs && !journal.outbox.has(name.replace(/\.json$/, ""))) {
        await removeIfThere(join(options.paths.replies, name));
      }
    }
    return journal;
  }

  /** Writes what is now. Resolves when it is durable; a failing disk is tried again until it works. */
  commit(): Promise<void> {
    this.#next ??= (async () => {
      await this.#writing.catch(() => {}); // its own callers were told
      // What becomes due at this same moment, such as the next turn's attempt, is in the same write.
      await new Promise((resolve) => setImmediate(resolve));
      this.#next = undefined;
      return await (this.#writing = this.#write());
    })();
    return this.#next;
  }

  async #write(): Promise<void> {
    await this.untilWritten(() => this.writeOnce());
  }

  /** Writes what is now, once; for a start, which nothing else runs beside. @throws {StateError} if that fails. */
  async writeOnce(): Promise<void> {
    await this.handled.spill();
    // Until none is left: the snapshot must not name an answer whose file is not written.
    while (this.#bodies.size > 0) await this.#writeBodies();
    const { paths, state, platformNow, onCursor } = this.#options;
    const handled = this.handled.snapshot({
      nowMs: platformNow(),
      settledAtMs: this.#horizonMs(),
    });
    this.#unlinkAfterWrite.push(...handled.dropped);
    const unlink = [...this.#unlinkAfterWrite];
    const snapshot = this.#snapshot();
    const saving = [...this.#unsaved];
    await saveState(paths.dir, {
      workspace_id: state.workspace_id,
      ...snapshot,
      ...handled.state,
    });
    reached("state written");
    for (const id of saving) this.#unsaved.delete(id);
    if (snapshot.last_since_id !== this.#savedCursor) {
      onCursor(this.#savedCursor = snapshot.last_since_id);
    }
    this.#unlinkAfterWrite = this.#unlinkAfterWrite.slice(unlink.length);
    for (const path of unlink) {
      await removeIfThere(path);
      reached("dropped file removed");
    }
  }

  /** Repeats `write`, which must be safe to repeat, until the disk takes it. @throws what it threw after `giveUp`. */
  async untilWritten(write: () => Promise<void>): Promise<void> {
    const backoff = new Backoff(500, 10_000);
    try {
      await this.#untilWritten(write, backoff);
    } finally {
      if (backoff.failures > 0) this.#failing--;
    }
  }

  /** Whether a write failed and is being repeated. */
  get isFailing(): boolean {
    return this.#failing > 0;
  }

  async #untilWritten(
    write: () => Promise<void>,
    backoff: Backoff,
  ): Promise<void> {
    const { log, giveUp } = this.#options;
    for (;;) {
      try {
        await write();
        if (backoff.failures === 0) return;
        log.info("The state can be saved again");
        this.onTrouble(undefined);
        return;
      } catch (error) {
        if (!isOfDisk(error)) throw error;
        if (giveUp.aborted) throw this.#stateError(error);
        if (backoff.failures === 0) {
          log.error("Cannot save the state; trying on", {
            error: reason(error),
          });
          this.#failing++;
        }
        const waitMs = backoff.next();
        this.onTrouble(error);
        await delay(waitMs, { signal: giveUp }).catch(() => {}); // one last try when it aborts
      }
    }
  }

  /** What the disk said, with where and what to do about it. */
  #stateError(cause: unknown): StateError {
    if (cause instanceof StateError) return cause;
    const { dir } = this.#options.paths;
    return new StateError(dir, `Cannot write into ${dir}`, {
      cause,
      hint: "check the disk's free space, and the directory's owner and mode",
    });
  }

  /** How old the oldest row is that a read can begin after. */
  #horizonMs(): number | undefined {
    const { horizonMs } = this.cursor;
    return horizonMs === undefined
      ? undefined
      : Math.min(horizonMs, this.far?.at ?? Infinity);
  }

  #snapshot(): Omit<State, "workspace_id"> {
    const { cursor, far } = this;
    // A start that reads from the settled row sees what stands behind it without help.
    const reachesBack = far !== undefined &&
      (far.id === undefined || !cursor.isAhead(far.id));
    const shown = this.shown();
    const exchanges = this.exchanges();
    const epochs = this.epochs.snapshot();
    return {
      last_since_id: cursor.last,
      settled_since_id: cursor.settled?.id ?? "",
      ...(cursor.settledAtMs === undefined
        ? {}
        : { settled_at: cursor.settledAtMs }),
      ...(reachesBack ? { far } : {}),
      ...(this.floorMs === undefined ? {} : { floor: this.floorMs }),
      attempts: Object.fromEntries(this.attempts),
      ...(this.children.size === 0 ? {} : { children: [...this.children] }),
      outbox: [...this.outbox.values()],
      ...(this.told.size === 0 ? {} : { told: Object.fromEntries(this.told) }),
      ...(shown.length === 0 ? {} : { shown }),
      ...(exchanges.length === 0 ? {} : { exchanges }),
      ...(epochs === undefined ? {} : { epochs }),
      ...(this.stop === undefined ? {} : { stop: this.stop }),
      ...(this.retried.size === 0 ? {} : { retried: [...this.retried] }),
    };
  }

  /** Puts an answer into the outbox. Counts with the next commit, which writes a long one to its own file first. */
  addReply(entry: OutboxEntry, parts: readonly Part[]): void {
    this.#unsaved.add(entry.id);
    if (JSON.stringify(parts).length <= MAX_INLINE_CHARS) {
      this.outbox.set(entry.id, { ...entry, parts });
    } else {
      this.#bodies.set(entry.id, parts);
      this.outbox.set(entry.id, entry);
    }
  }

  /** Puts `by` in the place of an answer, which is over. Counts with the next commit, all of it. */
  replaceReply(
    entry: OutboxEntry,
    by: readonly (readonly [OutboxEntry, readonly Part[]])[],
  ): void {
    const before = [...this.outbox.values()];
    this.removeReply(entry);
    this.outbox.clear();
    for (const one of before) {
      if (one.id !== entry.id) this.outbox.set(one.id, one);
      else for (const [reply, parts] of by) this.addReply(reply, parts);
    }
  }

  /** Whether an answer is durable; only then may it be sent. */
  isSaved(entry: OutboxEntry): boolean {
    return !this.#unsaved.has(entry.id);
  }

  async #writeBodies(): Promise<void> {
    for (const [id, parts] of this.#bodies) {
      await makePrivateDir(this.#options.paths.replies);
      await replaceFile(this.#replyPath(id), seal({ parts }));
      reached("reply file written");
      this.#bodies.delete(id);
    }
  }

  /** Moves the file of a damaged answer aside; returns where it is now, an empty text where it is gone. */
  async setReplyAside(entry: OutboxEntry): Promise<string> {
    try {
      return await moveAside(this.#replyPath(entry.id));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return "";
    }
  }

  /** The parts of an answer in the outbox. @throws {DamagedReplyError} if its file is damaged or gone. */
  async replyParts(entry: OutboxEntry): Promise<readonly Part[]> {
    const kept = entry.parts ?? this.#bodies.get(entry.id);
    if (kept !== undefined) return kept;
    const path = this.#replyPath(entry.id);
    const text = await readIfThere(path).catch((error) => {
      if (error instanceof TypeError) return undefined; // no UTF-8
      throw error;
    });
    const parts = unseal(text ?? "")?.parts;
    if (!Array.isArray(parts)) throw new DamagedReplyError(path);
    return parts;
  }

  /** Takes an answer out of the outbox. Counts with the next commit. */
  removeReply(entry: OutboxEntry): void {
    this.#unsaved.delete(entry.id);
    this.outbox.delete(entry.id);
    this.#bodies.delete(entry.id);
    if (entry.parts === undefined) {
      this.#unlinkAfterWrite.push(this.#replyPath(entry.id));
    }
  }

  #replyPath(id: string): string {
    return join(this.#options.paths.replies, `${id}.json`);
  }
}

/** Whether another try may do: the system said no, as against a bug, which would say the same for ever. */
export function isOfDisk(error: unknown): boolean {
  const cause = error instanceof StateError ? error.cause : error;
  return cause instanceof Error &&
    ("code" in cause ||
      Object.values(Deno.errors).some((kind) => cause instanceof kind));
}
