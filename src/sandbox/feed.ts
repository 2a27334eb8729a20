/**
 * One workspace's activity feed: ordered by (created_at, seq), read with or without a cursor.
 *
 * @module
 */
import { parseRfc3339, rfc3339 } from "./clock.ts";
import type { ActivityRow, RowFields } from "./row.ts";

/** A row with what the feed itself keeps about it. */
interface StoredRow {
  row: ActivityRow;
  readonly micros: number;
  readonly messageId: string;
  visible: boolean;
}

/** What a read asks for; the bounds are exclusive and in microseconds. */
export interface FeedQuery {
  /** Rows strictly after this one, rising. Without it rows come newest first. */
  readonly sinceId?: string;
  /** Only rows not older than this. */
  readonly notBefore?: number;
  /** Only rows strictly older than this. */
  readonly before?: number;
  /** At most so many. */
  readonly limit: number;
  /** Which rows count. */
  readonly matches: (row: ActivityRow) => boolean;
}

/** What inserting led to. */
export interface Inserted {
  /** The row: the stored one where `duplicate`. */
  readonly row: ActivityRow;
  /** Whether a row with this message id stood there already, so that none was added. */
  readonly duplicate: boolean;
}

/** Rows of one workspace. */
export class Feed {
  readonly #workspaceId: string;
  readonly #nextSeq: () => number;
  readonly #nowMicros: () => number;
  #rows: StoredRow[] = [];
  readonly #byId = new Map<string, StoredRow>();
  readonly #byMessageId = new Map<string, StoredRow>();
  #held: { stored: StoredRow; onVisible: () => void }[] | undefined;

  /** `nextSeq` is shared by all feeds of a platform. */
  constructor(
    workspaceId: string,
    nextSeq: () => number,
    nowMicros: () => number,
  ) {
    this.#workspaceId = workspaceId;
    this.#nextSeq = nextSeq;
    this.#nowMicros = nowMicros;
  }

  /**
   * Adds a row at the place that its time gives it. A non-empty `messageId` that stands here already adds nothing.
   * `onVisible` runs once readers can see the row.
   */
  insert(
    fields: RowFields,
    options: { messageId?: string; onVisible?: () => void } = {},
  ): Inserted {
    const messageId = options.messageId ?? "";
    const onVisible = options.onVisible ?? (() => {});
    const known = messageId === ""
      ? undefined
      : this.#byMessageId.get(messageId);
    if (known !== undefined) {
      onVisible();
      return { row: known.row, duplicate: true };
    }
    const micros = fields.created_at === undefined
      ? this.#nowMicros()
      : parseRfc3339(fields.created_at);
    if (micros === undefined) {
      throw new RangeError(`"${fields.created_at}" is no RFC 3339 time`);
    }
    const stored: StoredRow = {
      row: {
        id: crypto.randomUUID(),
        activity_type: "a2a_receive",
        source_id: null,
        target_id: null,
        method: null,
        summary: null,
        duration_ms: null,
        status: "ok",
        error_detail: null,
        ...fields,
        workspace_id: this.#workspaceId,
        created_at: rfc3339(micros),
        seq: this.#nextSeq(),
      },
      micros,
      messageId,
      visible: this.#held === undefined,
    };
    this.#rows.splice(this.#firstAfter(micros), 0, stored);
    this.#byId.set(stored.row.id, stored);
    if (messageId !== "") this.#byMessageId.set(messageId, stored);
    if (this.#held === undefined) onVisible();
    else this.#held.push({ stored, onVisible });
    return { row: stored.row, duplicate: false };
  }

  /** Replaces fields of a row in place, as a finished push turn does. */
  stamp(id: string, fields: Partial<ActivityRow>): void {
    const stored = this.#byId.get(id);
    if (stored !== undefined) stored.row = { ...stored.row, ...fields };
  }

  /** The rows that a read gives, or undefined where the cursor is not here. */
  read(query: FeedQuery): ActivityRow[] | undefined {
    const found: ActivityRow[] = [];
    const take = (stored: StoredRow | undefined): boolean => {
      if (stored?.visible && query.matches(stored.row)) found.push(stored.row);
      return found.length < query.limit;
    };
    const from = query.notBefore === undefined
      ? 0
      : this.#firstAfter(query.notBefore - 1);
    const to = query.before === undefined
      ? this.#rows.length
      : this.#firstAfter(query.before - 1);
    if (query.sinceId !== undefined) {
      const cursor = this.#byId.get(query.sinceId.toLowerCase());
      if (cursor === undefined) return undefined;
      const start = Math.max(from, this.#indexOf(cursor) + 1);
      for (let at = start; at < to && take(this.#rows[at]); at++);
    } else {
      for (let at = to - 1; at >= from && take(this.#rows[at]); at--);
    }
    return found;
  }

  /** All visible rows, rising. */
  all(): ActivityRow[] {
    return this.#rows.filter((stored) => stored.visible)
      .map((stored) => stored.row);
  }

  /** From now on rows are stored but not shown, until the returned function is called. */
  hold(): () => void {
    if (this.#held !== undefined) throw new Error("Rows are held back already");
    const held: { stored: StoredRow; onVisible: () => void }[] = [];
    this.#held = held;
    return () => {
      if (this.#held !== held) return;
      this.#held = undefined;
      for (const { stored, onVisible } of held) {
        stored.visible = true;
        onVisible();
      }
    };
  }

  /** Deletes the rows for which `gone` is true, and forgets their message ids. */
  prune(gone: (row: ActivityRow) => boolean): void {
    this.#rows = this.#rows.filter((stored) => {
      if (!gone(stored.row)) return true;
      this.#byId.delete(stored.row.id);
      if (stored.messageId !== "") this.#byMessageId.delete(stored.messageId);
      return false;
    });
  }

  /** Index of the first row later than `micros`; equal times keep the order of `seq`, which grows. */
  #firstAfter(micros: number): number {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#rows[middle]?.micros ?? Infinity) <= micros) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #indexOf(stored: StoredRow): number {
    let at = this.#firstAfter(stored.micros) - 1;
    while (at >= 0 && this.#rows[at] !== stored) at--;
    return at;
  }
}
