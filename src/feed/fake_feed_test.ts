/** For the tests beside this file: a feed as the platform gives it, and an intake that only counts. */
import type { ReadTrace } from "../state/cursor.ts";
import type { PlatformClient } from "../platform/client.ts";
import type { ActivityPage, ActivityQuery } from "../platform/wire.ts";
import { TooLargeError } from "../platform/request.ts";
import type { ActivityRow, Place } from "../platform/row.ts";
import { parseRow } from "../platform/row.ts";
import { formatMicros } from "../platform/time.ts";
import type { Base } from "./bases.ts";
import { FeedReader, type ReadProgress, type RowIntake } from "./reader.ts";

/** The platform's clock, in ms since 1970. */
export const NOW = 1_786_700_000_000;
const PAGE_BYTES = 32;
const ROW_BYTES = 128;

/** What a test says of a row. */
export interface FakeRow {
  readonly id: string;
  /** How long ago it came; undefined for a row without a time. */
  readonly agoMs?: number;
  /** Its size, where a page holds 32 and a page of one row 128; 0 if absent. */
  readonly size?: number;
  readonly source?: string;
}

/** The feed, which answers as the platform does. */
export class FakeFeed {
  /** The rows, oldest first; elements that are none are no rows. */
  rows: (FakeRow | null)[] = [];
  /** The queries that came. */
  readonly asked: ActivityQuery[] = [];
  /** What is thrown instead of the next answers. */
  readonly failures: Error[] = [];
  /** Members of a row before its body, as the beginning of a page that is too long shows them. */
  tellsTime = true;
  /** How the newest-first windows come. */
  windowOrder: "falling" | "rising" = "falling";

  /** What a reader sees of it. */
  get client(): PlatformClient {
    const client = {
      platformNow: () => NOW,
      activity: (query: ActivityQuery) => this.#activity(query),
    };
    return client as unknown as PlatformClient;
  }

  /** Ids of the rows, oldest first. */
  get ids(): string[] {
    return this.rows.flatMap((row) => row === null ? [] : [row.id]);
  }

  // deno-lint-ignore require-await -- as the real one, it rejects
  async #activity(query: ActivityQuery): Promise<ActivityPage> {
    this.asked.push(query);
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    const page = this.#select(query).slice(0, Math.min(query.limit, 500));
    const size = page.reduce((sum, row) => sum + (row?.size ?? 0), 0);
    if (size > (query.limit === 1 ? ROW_BYTES : PAGE_BYTES)) {
      throw new TooLargeError("GET /x", 200, PAGE_BYTES, this.#head(page[0]!));
    }
    const rows = page.map((row) => row && parseRow(wire(row))).filter((row) =>
      row !== null && row !== undefined
    );
    return {
      rows,
      unreadable: page.length - rows.length,
      bytes: size,
      date: NOW,
    };
  }

  #select(query: ActivityQuery): (FakeRow | null)[] {
    if (query.sinceId !== undefined) {
      const at = this.rows.findIndex((row) => row?.id === query.sinceId);
      return this.rows.slice(at + 1).filter((row) =>
        !query.canvasOnly || row?.source === undefined
      );
    }
    const inWindow = this.rows.filter((row) => {
      const ago = row?.agoMs ?? 0;
      return ago <= query.sinceSecs! * 1_000 &&
        (query.beforeMicros === undefined || micros(ago) < query.beforeMicros);
    });
    return this.windowOrder === "falling" ? inWindow.reverse() : inWindow;
  }

  #head(row: FakeRow): string {
    const { id, created_at } = wire(row);
    return JSON.stringify([{
      ...(this.tellsTime ? { created_at } : {}),
      id,
      x: "x".repeat(99),
    }])
      .slice(0, -9);
  }
}

const micros = (agoMs: number) => Math.round((NOW - agoMs) * 1_000);

function wire({ id, agoMs, source }: FakeRow) {
  return {
    id,
    created_at: agoMs === undefined ? undefined : formatMicros(micros(agoMs)),
    source_id: source ?? null,
  };
}

/** Takes in what it has room for. */
export class FakeIntake implements RowIntake {
  /** How many elements were no rows. */
  unreadable = 0;

  noteUnreadable(count: number): void {
    this.unreadable += count;
  }

  watch(): void {}

  foresee(): void {}

  takeChanged(): boolean {
    return false;
  }

  /** Ids in the order in which they were taken in; those that are too large with a `!`. */
  readonly taken: string[] = [];
  /** Ids that were taken ahead. */
  readonly ahead: string[] = [];
  #room: number;

  constructor(room = 1_000) {
    this.#room = room;
  }

  get full(): boolean {
    return this.taken.length >= this.#room;
  }
  get room() {
    return { rows: this.#room - this.taken.length, bytes: 1_000_000 };
  }
  isKnown(id: string): boolean {
    return this.taken.includes(id);
  }
  begin(): ReadTrace {
    return {
      from: { row: null, settledAtMs: undefined },
      last: null,
      before: [],
    };
  }
  take(_trace: ReadTrace, row: ActivityRow): Promise<void> {
    if (!this.isKnown(row.id)) this.taken.push(row.id);
    return Promise.resolve();
  }
  takeAhead(row: ActivityRow): void {
    this.ahead.push(row.id);
  }
  takeTooLarge(_trace: ReadTrace, id: string): Promise<void> {
    this.taken.push(`${id}!`);
    return Promise.resolve();
  }
}

/** A feed, an intake, and reads of the one into the other. */
export function setUp(rows: readonly (FakeRow | null)[], room?: number) {
  const feed = new FakeFeed();
  feed.rows = [...rows];
  const intake = new FakeIntake(room);
  const reader = new FeedReader(feed.client, intake);
  return {
    feed,
    intake,
    reader,
    async read(from: Base) {
      const progress: ReadProgress = {
        dateMs: undefined,
        shown: [],
        goneOnFrom: undefined,
      };
      const complete = await reader.read(
        from,
        new AbortController().signal,
        progress,
      );
      return { complete, progress, shown: progress.shown.map(({ id }) => id) };
    },
  };
}

/** The row of this id, as a place to read from. */
export const at = (id: string): Place => ({ id, micros: undefined });
/** The window of the last so many ms. */
export const last = (ms: number): Base => ({ startMs: NOW - ms });
/** `count` rows, the newest `newestAgoMs` ago, each `stepMs` after the one before. */
export function series(
  count: number,
  newestAgoMs: number,
  stepMs: number,
): FakeRow[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `r${i}`,
    agoMs: newestAgoMs + (count - 1 - i) * stepMs,
  }));
}
