/** One read of the feed, page after page: everything after a row, or everything in a window. */
import type { ReadTrace } from "../state/cursor.ts";
import { MAX_SINCE_SECS } from "../options.ts";
import type { PlatformClient } from "../platform/client.ts";
import type { ActivityPage, ActivityQuery } from "../platform/wire.ts";
import { NoAnswerError, TooLargeError } from "../platform/request.ts";
import type { ActivityRow, Place } from "../platform/row.ts";
import { type Base, isWindow } from "./bases.ts";
import { readRowHead } from "./row_head.ts";

/** Rows of a page; bodies can be large. */
const PAGE_ROWS = 50;
/** Rows of a page when more rows share one time than a usual page holds. */
const TIE_PAGE_ROWS = 500;

/** What takes the rows in. */
export interface RowIntake {
  /** Whether no more rows can wait. */
  readonly full: boolean;
  /** A page held so many elements that are no rows. */
  noteUnreadable(count: number): void;
  /** Tells each row that reads bring to `onRow` as well, until it is called with undefined. */
  watch(onRow: ((row: ActivityRow) => void) | undefined): void;
  /** Whether something was finished since the last call: it is to be committed. */
  takeChanged(): boolean;
  /** Whether the row was taken in before: it needs no room. */
  isKnown(id: string): boolean;
  /** How many rows, and how many bytes of them, may wait. */
  readonly room: { readonly rows: number; readonly bytes: number };
  /** Begins a read. */
  begin(from: Base): ReadTrace;
  /** Told of each page, before its rows: what ends others among them is obeyed first. */
  foresee(rows: readonly ActivityRow[]): void;
  /** Takes a row in; one that was seen before only keeps its place. */
  take(trace: ReadTrace, row: ActivityRow, bytes: number): Promise<void>;
  /** Takes a row in that is ahead of the head: it has no place yet. */
  takeAhead(row: ActivityRow, bytes: number): void;
  /** A row that is too large to be read, known by its id alone. */
  takeTooLarge(trace: ReadTrace, id: string): Promise<void>;
}

/** How far a read has come, as it goes. */
export interface ReadProgress {
  /** The platform's clock at the first answer, in ms since 1970; undefined before it. */
  dateMs: number | undefined;
  /** The rows that it showed, in order. */
  readonly shown: Place[];
  /** A window that held more than may wait was read on from this row. */
  goneOnFrom: Place | undefined;
}

/** A page, or the one row that is too long to be read. */
type Page =
  | (ActivityPage & {
    /** Whether no more rows follow. */
    readonly isLast: boolean;
  })
  | { readonly tooLarge: Place };

/** Reads the feed. */
export class FeedReader {
  readonly #client: PlatformClient;
  readonly #intake: RowIntake;
  readonly #onStep: () => void;
  #pageRows = PAGE_ROWS;

  /** Rows go to `intake`; `onStep` is told of each page, and that a long one comes on. */
  constructor(
    client: PlatformClient,
    intake: RowIntake,
    onStep: () => void = () => {},
  ) {
    this.#client = client;
    this.#intake = intake;
    this.#onStep = onStep;
  }

  /**
   * Reads everything after `from`. Returns whether it went to the end of the feed; if not, nothing more can wait.
   * `progress` tells how far it has come, also where it throws.
   *
   * @throws what `PlatformClient.activity` throws, but for pages that are too long.
   */
  async read(
    from: Base,
    signal: AbortSignal,
    progress: ReadProgress,
  ): Promise<boolean> {
    const trace = this.#intake.begin(from);
    if (!isWindow(from)) {
      return await this.#after(from, trace, progress, signal);
    }
    const { rows, dateMs, goOnFrom } = await this.#window(from.startMs, signal);
    progress.dateMs = dateMs;
    this.#intake.foresee(rows.map(({ row }) => row));
    for (const { row, bytes } of rows) {
      await this.#take(trace, progress, row, bytes, signal);
    }
    if (goOnFrom === undefined) return true;
    if (rows.length === 0) {
      await this.#takeTooLarge(trace, progress, goOnFrom);
    }
    progress.goneOnFrom = goOnFrom;
    return await this.#after(goOnFrom, trace, progress, signal);
  }

  async #take(
    trace: ReadTrace,
    progress: ReadProgress,
    row: ActivityRow,
    bytes: number,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#intake.take(trace, row, bytes);
    signal.throwIfAborted();
    progress.shown.push({ id: row.id, micros: row.micros });
  }

  async #takeTooLarge(
    trace: ReadTrace,
    progress: ReadProgress,
    row: Place,
  ): Promise<void> {
    await this.#intake.takeTooLarge(trace, row.id);
    progress.shown.push(row);
  }

  async #after(
    from: Place,
    trace: ReadTrace,
    progress: ReadProgress,
    signal: AbortSignal,
  ): Promise<boolean> {
    const ids = new Set<string>();
    for (let after = from.id;;) {
      const page = await this.#page({ sinceId: after }, signal);
      if ("tooLarge" in page) {
        if (ids.has(page.tooLarge.id)) return true; // the cursor changes nothing here
        ids.add(page.tooLarge.id);
        await this.#takeTooLarge(trace, progress, page.tooLarge);
        after = page.tooLarge.id;
        continue;
      }
      progress.dateMs ??= page.date;
      const fresh = page.rows.filter((row) => !ids.has(row.id));
      const hasNew = fresh.some((row) => !this.#intake.isKnown(row.id));
      this.#intake.foresee(fresh);
      // The whole page, also where it is more than may wait: some platforms hand a row out only once.
      for (const row of fresh) {
        ids.add(row.id);
        await this.#take(
          trace,
          progress,
          row,
          page.bytes / page.rows.length,
          signal,
        );
      }
      if (page.isLast || fresh.length === 0) return true;
      if (hasNew && this.#intake.full) return false;
      after = fresh.at(-1)!.id;
    }
  }

  /**
   * Pages back to the window's beginning, and returns its rows in rising time. Where they are more than may wait, or
   * one is too large to be read, only the oldest is returned, and the others are to be read by going on from it.
   */
  async #window(startMs: number, signal: AbortSignal): Promise<{
    rows: { row: ActivityRow; bytes: number }[];
    dateMs: number;
    goOnFrom?: Place;
  }> {
    const ids = new Set<string>();
    const { rows: roomRows, bytes: roomBytes } = this.#intake.room;
    let rows: { row: ActivityRow; bytes: number }[] = [];
    let taken = 0;
    let dateMs: number | undefined;
    let limit = 0;
    let beforeMicros: number | undefined;
    let goOnFrom: Place | undefined;
    let stepMicros = 1_000_000;
    for (;;) {
      const seconds = Math.ceil((this.#client.platformNow() - startMs) / 1_000);
      const sinceSecs = Math.min(Math.max(seconds, 1), MAX_SINCE_SECS);
      const page = await this.#page(
        { sinceSecs, ...(beforeMicros === undefined ? {} : { beforeMicros }) },
        signal,
        limit,
      );
      if ("tooLarge" in page) {
        // From an older row reading goes forward over this one. Where its time cannot be told it is felt for, and may
        // hide the rows right before it.
        const { micros } = page.tooLarge;
        const from = beforeMicros ?? this.#client.platformNow() * 1_000;
        rows = [];
        goOnFrom = page.tooLarge;
        beforeMicros =
          micros !== undefined && micros < (beforeMicros ?? Infinity)
            ? micros
            : from - stepMicros;
        stepMicros *= 2;
        if (beforeMicros <= startMs * 1_000) break;
        continue;
      }
      dateMs ??= page.date;
      const fresh = page.rows.filter((row) => !ids.has(row.id));
      for (const row of fresh) ids.add(row.id);
      const bytes = page.bytes / Math.max(page.rows.length, 1);
      rows.push(...fresh.map((row) => ({ row, bytes })));
      taken += bytes * fresh.length;
      const oldest = page.rows.at(-1);
      // Where time does not fall it is unknown whether the platform shows these rows again: they are kept.
      const tooMany = (ids.size > roomRows || taken > roomBytes) &&
        falls(page.rows);
      const goesOn = goOnFrom !== undefined && !rises(page.rows);
      if (oldest !== undefined && (tooMany || goesOn)) {
        goOnFrom = oldest;
        rows = rows.slice(-1);
      }
      if (page.isLast || oldest?.micros === undefined || rises(page.rows)) {
        break;
      }
      // Strictly older than the oldest row would lose the others of its time.
      let olderThan = oldest.micros + 1;
      if (fresh.length === 0 && limit === TIE_PAGE_ROWS) {
        // More rows of one time than a page holds: only a read that goes forward over them shows them all.
        if (oldest.micros === beforeMicros) break; // it does not go back at all
        olderThan = oldest.micros;
        goOnFrom = oldest;
        rows = rows.slice(-1);
      }
      limit = fresh.length === 0 ? TIE_PAGE_ROWS : 0;
      beforeMicros = olderThan;
    }
    return {
      rows: falls(rows.map(({ row }) => row)) ? rows.reverse() : rows,
      dateMs: dateMs ?? this.#client.platformNow(),
      ...(goOnFrom === undefined ? {} : { goOnFrom }),
    };
  }

  /**
   * Reads on what people sent, ahead of the head, while nothing else can be taken in: a person's Stop must be seen.
   * Returns the id to go on from.
   */
  async readAhead(after: string, signal: AbortSignal): Promise<string> {
    const page = await this.#page({ sinceId: after, canvasOnly: true }, signal);
    if ("tooLarge" in page) return page.tooLarge.id;
    this.#intake.foresee(page.rows);
    for (const row of page.rows) {
      this.#intake.takeAhead(row, page.bytes / page.rows.length);
    }
    return page.rows.at(-1)?.id ?? after;
  }

  /**
   * One page. One that is too long, or that does not come whole, is asked for with half the rows; the next one with
   * more again. Of a single row that is too long even alone comes back what its beginning tells.
   */
  async #page(
    query: Omit<ActivityQuery, "limit">,
    signal: AbortSignal,
    atLeast = 0,
  ): Promise<Page> {
    for (;;) {
      const limit = Math.max(this.#pageRows, atLeast);
      try {
        const page = await this.#client.activity(
          { ...query, limit },
          signal,
          this.#onStep,
        );
        signal.throwIfAborted(); // one that was given up must not go on when its answer comes after all
        this.#onStep();
        this.#pageRows = Math.min(PAGE_ROWS, this.#pageRows * 2);
        if (page.unreadable > 0) this.#intake.noteUnreadable(page.unreadable);
        const isLast = page.rows.length + page.unreadable < limit;
        return { ...page, isLast };
      } catch (error) {
        if (error instanceof NoAnswerError) {
          this.#pageRows = Math.max(1, Math.floor(this.#pageRows / 2));
        }
        if (!(error instanceof TooLargeError)) throw error;
        if (limit === 1) {
          const tooLarge = readRowHead(error.head);
          if (tooLarge === undefined) throw error;
          return { tooLarge };
        }
        const half = Math.floor(limit / 2);
        atLeast = limit > PAGE_ROWS ? half : 0;
        if (limit <= PAGE_ROWS) this.#pageRows = half;
      }
    }
  }
}

function order(rows: readonly ActivityRow[]): number {
  const [first, last] = [rows[0], rows.at(-1)];
  if (first?.micros === undefined || last?.micros === undefined) return 0;
  return last.micros - first.micros || (last.seq ?? 0) - (first.seq ?? 0);
}

/** Whether time falls from the first row to the last; equal or unreadable times are left alone. */
function falls(rows: readonly ActivityRow[]): boolean {
  return order(rows) < 0;
}

function rises(rows: readonly ActivityRow[]): boolean {
  return order(rows) > 0;
}
