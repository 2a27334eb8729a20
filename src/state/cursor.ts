/**
 * Which row of the feed is safe to forget: the cursor passes a row only after every row before it is finished.
 *
 * The feed can show a row after a later one was already delivered. So rows are kept in the order in which reads show
 * them, from the settled row on, and a read that goes over them again puts a late row where it belongs.
 */
import type { Place } from "../platform/row.ts";

interface Entry extends Place {
  finished: boolean;
}

/** Where a read began. */
export interface ReadStart {
  /** The row that it began after; null where it was a window. */
  readonly row: Place | null;
  /** What the settled row's time must be for a later window to begin there too, in ms since 1970. */
  readonly settledAtMs: number | undefined;
}

/** One read on its way through the feed. */
export interface ReadTrace {
  /** Where it began. */
  readonly from: ReadStart;
  /** The row that it showed last. */
  last: Place | null;
  /** Rows from before the settled row that it showed, while no late one was among them. */
  before: Entry[] | undefined;
}

/** What a start knows of earlier ones. */
export interface CursorStart {
  /** The settled row; null where there is none. */
  readonly settled: Place | null;
  /** The time of the row that was settled last, in ms since 1970; it outlives the row. */
  readonly settledAtMs: number | undefined;
  /** Id of the end of the finished prefix. */
  readonly last: string;
}

/** The finished prefix of the feed, and the settled row in it. */
export class Cursor {
  #settled: Place | null;
  #settledAtMs: number | undefined;
  #horizonMs: number | undefined;
  #last: string;
  #entries: Entry[] = [];
  #byId = new Map<string, Entry>();
  /** How many entries at the front are finished. */
  #prefix = 0;

  /** Goes on from `start`. */
  constructor(start: CursorStart) {
    this.#settled = start.settled;
    this.#settledAtMs = start.settledAtMs;
    this.#horizonMs = start.settledAtMs;
    this.#last = start.last;
  }

  /** The row that a start may read from; null where only a window will do. */
  get settled(): Place | null {
    return this.#settled;
  }

  /** The time of the row that was settled last, in ms since 1970: windows reach back to it. */
  get settledAtMs(): number | undefined {
    return this.#settledAtMs;
  }

  /**
   * How old the settled row is, for what may be forgotten: its time, or when it settled where it has none, in ms since
   * 1970. Windows do not use that: rows which wait may be older.
   */
  get horizonMs(): number | undefined {
    return this.#horizonMs;
  }

  /** Id of the end of the finished prefix; empty before the first row. */
  get last(): string {
    return this.#last;
  }

  /** The platform no longer knows the row that we read from: what is unfinished stays, the way back is a window. */
  lose(): void {
    this.#settled = null;
    this.#last = "";
  }

  /** Begins a read. */
  beginRead(from: ReadStart): ReadTrace {
    return { from, last: from.row, before: [] };
  }

  /**
   * Puts the next row of a read in its place; one that has a place keeps it. `isDone` says whether a row that is not
   * new is finished. Returns whether the settled row went back for it, which must be saved before the row is worked on.
   */
  show(trace: ReadTrace, row: Place, isNew: boolean, isDone: boolean): boolean {
    const previous = trace.last;
    trace.last = row;
    if (this.#byId.has(row.id) || row.id === this.#settled?.id) {
      trace.before = undefined;
      return false;
    }
    const at = this.#placeAfter(previous);
    if (at !== undefined) {
      this.#insert(at, row, isDone);
      return false;
    }
    const before = trace.before ??= [];
    if (!isNew) {
      before.push({ id: row.id, micros: row.micros, finished: isDone });
      return false;
    }
    const passed = this.#settled;
    this.#settled = trace.from.row;
    this.#settledAtMs = trace.from.settledAtMs ?? this.#noLaterThan(row);
    this.#horizonMs = this.#settledAtMs;
    for (const [i, entry] of before.entries()) {
      this.#insert(i, entry, entry.finished);
    }
    // It marks the place of what comes after it, also when this read is cut before it gets there.
    if (passed !== null) this.#insert(before.length, passed, true);
    this.#insert(before.length, row, isDone);
    return true;
  }

  /** The settled row's time, or that of an older row. */
  #noLaterThan(row: Place): number | undefined {
    if (row.micros === undefined || this.#settledAtMs === undefined) {
      return this.#settledAtMs;
    }
    return Math.min(this.#settledAtMs, Math.floor(row.micros / 1_000));
  }

  /** Where a row that follows `previous` belongs; undefined where that is before the settled row. */
  #placeAfter(previous: Place | null): number | undefined {
    if ((previous?.id ?? null) === (this.#settled?.id ?? null)) return 0;
    if (previous === null || !this.#byId.has(previous.id)) return undefined;
    return this.#entries.findLastIndex((entry) => entry.id === previous.id) + 1;
  }

  #insert(after: number, row: Place, finished: boolean): void {
    let at = after;
    // A platform that hands each row out once shows new rows behind an old base: their time tells that they are new.
    while (isOlder(this.#entries[at], row)) at++;
    const entry = { id: row.id, micros: row.micros, finished };
    this.#entries.splice(at, 0, entry);
    this.#byId.set(row.id, entry);
    if (at <= this.#prefix) {
      this.#prefix = finished && at < this.#prefix ? this.#prefix + 1 : at;
    }
    this.#grow();
  }

  /** Whether the row stands behind the settled one, as far as reads have shown it. */
  isAhead(id: string): boolean {
    return this.#byId.has(id);
  }

  /** A row is finished. */
  finish(id: string): void {
    const entry = this.#byId.get(id);
    if (entry === undefined) return; // read ahead of the head: it joins when the head reaches it
    entry.finished = true;
    this.#grow();
  }

  #grow(): void {
    while (this.#entries[this.#prefix]?.finished) this.#prefix++;
    this.#last = (this.#entries[this.#prefix - 1] ?? this.#settled)?.id ?? "";
  }

  /**
   * Moves the settled row to the end of the finished prefix, but not beyond `nearBase`. Returns whether it moved. A row
   * without a readable time counts as one of `nowMs`, ms since 1970 by the platform's clock.
   */
  settle(nearBase: Place | null, nowMs: number): boolean {
    if (nearBase === null || nearBase.id === this.#settled?.id) return false;
    let end = this.#prefix - 1;
    const near = this.#entries.findIndex((entry) => entry.id === nearBase.id);
    if (near === -1) return false; // it is before the settled row
    end = Math.min(end, near);
    const settled = this.#entries[end];
    if (settled === undefined) return false;
    for (const entry of this.#entries.splice(0, end + 1)) {
      this.#byId.delete(entry.id);
    }
    this.#prefix -= end + 1;
    this.#settled = { id: settled.id, micros: settled.micros };
    const timeMs = settled.micros === undefined
      ? undefined
      : Math.floor(settled.micros / 1_000);
    this.#settledAtMs = timeMs ?? this.#settledAtMs;
    this.#horizonMs = timeMs ?? nowMs;
    this.#grow();
    return true;
  }

  /** The newest row, from the settled one on, that `is` says yes to. */
  newest(is: (row: Place) => boolean): Place | undefined {
    const row = this.#entries.findLast(is) ??
      (this.#settled !== null && is(this.#settled) ? this.#settled : undefined);
    return row === undefined ? undefined : { id: row.id, micros: row.micros };
  }
}

function isOlder(entry: Entry | undefined, row: Place): boolean {
  return entry?.micros !== undefined && row.micros !== undefined &&
    entry.micros < row.micros;
}
