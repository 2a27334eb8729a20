/** The feed of one workspace: what is read when, and what is done with a cursor that the platform has lost. */
import { reached } from "../crash_points.ts";
import type { Journal } from "../state/journal.ts";
import type { State } from "../state/state.ts";
import { PermanentError } from "../errors.ts";
import type { PlatformClient } from "../platform/client.ts";
import { isUuid } from "../uuid.ts";
import type { ActivityRow, Place } from "../platform/row.ts";
import type { Timing } from "../timing.ts";
import { type Base, Bases, isWindow, type Window } from "./bases.ts";
import { FeedReader, type ReadProgress, type RowIntake } from "./reader.ts";

/** What a feed needs. */
export interface FeedOptions {
  readonly client: PlatformClient;
  readonly journal: Journal;
  readonly intake: RowIntake;
  readonly timing: Timing;
  /** Told that the platform no longer knows the cursor. */
  readonly onCursorLost: () => void;
  /** Told of each step of a read. */
  readonly onStep: () => void;
}

/** Reads the feed of one workspace. */
export class Feed {
  readonly #options: FeedOptions;
  readonly #reader: FeedReader;
  readonly #bases: Bases;
  /** While nothing more can wait: the newest row of a person that was read ahead of the head. */
  #ahead: string | undefined;
  #reading: Promise<unknown> = Promise.resolve();
  /** How often reading was begun anew. */
  #life = 0;

  /** Begins at the settled row, or at a window where there is none. */
  constructor(options: FeedOptions) {
    const { client, journal, intake, timing, onStep } = options;
    this.#options = options;
    this.#reader = new FeedReader(client, intake, onStep);
    const start = journal.cursor.settled ?? this.#window();
    this.#bases = new Bases(start, timing, savedBase(journal.far) ?? start);
  }

  /** The settled row never goes beyond this one. */
  get near(): Place | null {
    return this.#bases.near;
  }

  /** In how many milliseconds the next read from a base is due, by `performance.now()`. */
  dueInMs(): number {
    return Math.max(0, this.#bases.dueAt() - performance.now());
  }

  /** Begins anew: the read that is under way got stuck, and its end means nothing any more. */
  abandon(): void {
    this.#life++;
    this.#reading = Promise.resolve();
    this.#options.intake.watch(undefined);
  }

  /** After an outage whatever shows up now may be older than what was read. */
  farNext(): void {
    this.#bases.farNext();
  }

  /**
   * Makes the read that is due. Returns whether it went to the end of the feed.
   *
   * @throws what `PlatformClient.activity` throws; a lost cursor has been dealt with by then.
   */
  async readDue(signal: AbortSignal): Promise<boolean> {
    return await this.#oneAtATime(signal, async () => {
      try {
        if (this.#options.intake.full) return await this.#readAhead(signal);
        this.#ahead = undefined;
        return await this.#read(this.#bases.next(performance.now()), signal);
      } catch (error) {
        if (isLostCursor(error)) await this.#lost();
        throw error;
      }
    });
  }

  /**
   * Reads from `cursor` on, or where it is empty or lost the whole window and at least what came since `sinceMs` (ms
   * since 1970 by the platform's clock), and tells each row to `onRow` as well.
   */
  async readFrom(
    cursor: string,
    sinceMs: number,
    onRow: (row: ActivityRow) => void,
    signal: AbortSignal,
  ): Promise<boolean> {
    return await this.#oneAtATime(signal, async () => {
      const { intake } = this.#options;
      if (intake.full) return false;
      intake.watch(onRow);
      // The settled row may have come on since `sinceMs`, and with it the window.
      const window = () => ({
        startMs: Math.min(this.#window().startMs, sinceMs),
      });
      try {
        if (cursor === "") return await this.#read(window(), signal);
        return await this.#read({ id: cursor, micros: undefined }, signal);
      } catch (error) {
        if (cursor === "" || !isLostCursor(error)) throw error;
        return await this.#read(window(), signal);
      } finally {
        intake.watch(undefined);
      }
    });
  }

  /** Two reads at once would place rows by each other's traces. One that still waits for its turn ends with `signal`. */
  async #oneAtATime<T>(
    signal: AbortSignal,
    read: () => Promise<T>,
  ): Promise<T> {
    let began = false;
    const turn = this.#reading.then(() => {
      signal.throwIfAborted();
      began = true;
      return read();
    });
    this.#reading = turn.catch(() => {}); // its own caller is told
    const gaveUp = Promise.withResolvers<never>();
    const onAbort = () => {
      if (!began) gaveUp.reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await Promise.race([turn, gaveUp.promise]);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  async #read(from: Base, signal: AbortSignal): Promise<boolean> {
    const progress: ReadProgress = {
      dateMs: undefined,
      shown: [],
      goneOnFrom: undefined,
    };
    let complete = false;
    const life = this.#life;
    try {
      complete = await this.#reader.read(from, signal, progress);
    } finally {
      if (life === this.#life) await this.#ended(from, complete, progress);
    }
    return complete;
  }

  async #ended(
    from: Base,
    complete: boolean,
    progress: ReadProgress,
  ): Promise<void> {
    const { journal, intake, client } = this.#options;
    const { dateMs = client.platformNow(), shown, goneOnFrom } = progress;
    if (isWindow(from) && goneOnFrom !== undefined) {
      this.#bases.replace(from, goneOnFrom);
    }
    this.#bases.ended({
      from: goneOnFrom ?? from,
      complete,
      dateMs,
      shown,
      newest: (is) => journal.cursor.newest(is),
    });
    journal.far = baseToSave(this.#bases.far);
    const changed = intake.takeChanged();
    if (this.settle() || changed) await journal.commit();
  }

  /** Moves the settled row as far as it may go; to be committed. */
  settle(): boolean {
    const { journal, client } = this.#options;
    return journal.cursor.settle(this.#bases.near, client.platformNow());
  }

  async #lost(): Promise<void> {
    const { journal, onCursorLost } = this.#options;
    journal.cursor.lose();
    this.#bases.reset(this.#window());
    journal.far = baseToSave(this.#bases.far);
    reached("cursor lost");
    await journal.commit();
    reached("cursor lost saved");
    onCursorLost();
  }

  /** The window to read where there is no row to read from: back to the settled row's time, else to the floor. */
  #window(): Window {
    const { journal, timing, client } = this.#options;
    const settledAtMs = journal.cursor.settledAtMs;
    const startMs = settledAtMs === undefined
      ? -Infinity
      : settledAtMs - timing.windowSlackMs;
    return {
      startMs: Math.max(startMs, journal.floorMs ?? client.platformNow()),
    };
  }

  /** Reads on only what people sent, because nothing else can wait: a person's Stop must be seen. */
  async #readAhead(signal: AbortSignal): Promise<boolean> {
    const { head } = this.#bases;
    if (isWindow(head) || !isUuid(head.id)) return false;
    this.#ahead = await this.#reader.readAhead(this.#ahead ?? head.id, signal);
    return false;
  }
}

function isLostCursor(error: unknown): boolean {
  return error instanceof PermanentError && error.status === 410;
}

/** A base as the state keeps it; of a row's time a millisecond may be lost, never added. */
function baseToSave(base: Base): NonNullable<State["far"]> {
  if (isWindow(base)) return { at: Math.floor(base.startMs) };
  const { id, micros } = base;
  return micros === undefined ? { id } : { id, at: Math.floor(micros / 1_000) };
}

function savedBase(far: State["far"]): Base | undefined {
  if (far?.id !== undefined) {
    return {
      id: far.id,
      micros: far.at === undefined ? undefined : far.at * 1_000,
    };
  }
  return far?.at === undefined ? undefined : { startMs: far.at };
}
