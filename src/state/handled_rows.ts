/**
 * The rows that are done, for as long as a read can bring them back. The newest stand in the state file; the others
 * in segment files that are written once and dropped whole, so that a commit does not cost more as the memory grows.
 */
import { reached } from "../crash_points.ts";
import { join } from "@std/path";
import { StateError } from "../errors.ts";
import {
  listFiles,
  makePrivateDir,
  readIfThere,
  removeIfThere,
  replaceFile,
} from "../os/files.ts";
import { seal, unseal } from "./checksum.ts";
import { moveAside, type OnDamaged } from "./damaged.ts";
import type { HandledRow, State } from "./state.ts";

/** More than this many in the state file, and they move to a segment file. */
const SEGMENT_ROWS = 256;
/** Of the rows that reads brought, the last so many are kept whatever their age. */
const KEEP_BROUGHT = 1_000;
/** A row is kept until it is older than this, by the platform's clock. */
const KEEP_MS = 12 * 60_000;
/** A row is kept until it is older than the settled row by more than this. */
const KEEP_BEFORE_SETTLED_MS = 2 * 60_000;

interface Segment {
  readonly number: number;
  readonly rows: readonly HandledRow[];
}

/** What tells how old is old. */
export interface HandledHorizon {
  /** The platform's clock, in ms since 1970. */
  readonly nowMs: number;
  /** The settled row's time, in ms since 1970; nothing is dropped while it is unknown. */
  readonly settledAtMs: number | undefined;
}

/** The memory of rows that are done. */
export class HandledRows {
  readonly #dir: string;
  #ids = new Map<string, HandledRow>();
  #keys = new Set<string>();
  #segments: Segment[] = [];
  #nextNumber = 0;
  #newest: HandledRow[] = [];
  /** The ids that reads brought last, oldest first, with the time when. */
  #brought = new Map<string, number>();
  /** When rows without a readable time were last brought. */
  #undated = new Map<string, number>();

  private constructor(dir: string) {
    this.#dir = dir;
  }

  /** The files in `dir`, as a state names them; for one that was damaged and named them, too. */
  static async filesIn(
    dir: string,
  ): Promise<readonly [first: number, end: number] | undefined> {
    const numbers = (await listFiles(dir)).flatMap((name) => {
      const number = /^(\d{1,15})\.json$/.exec(name)?.[1];
      return number === undefined ? [] : [Number(number)];
    });
    if (numbers.length === 0) return undefined;
    return [Math.min(...numbers), Math.max(...numbers) + 1];
  }

  /** Reads what `state` names. A damaged segment is moved aside and told to `onDamaged`: its rows may be done again. */
  static async load(
    dir: string,
    state: State,
    onDamaged: OnDamaged,
  ): Promise<HandledRows> {
    const handled = new HandledRows(dir);
    const [first, end] = state.handled_files ?? [0, 0];
    handled.#nextNumber = end;
    for (let number = first; number < end; number++) {
      const path = handled.#path(number);
      const text = await readIfThere(path).catch(() => "");
      const rows = text === undefined ? undefined : unseal(text)?.rows;
      if (Array.isArray(rows)) {
        handled.#segments.push({ number, rows });
        for (const row of rows) handled.#index(row);
      } else {
        const movedTo = text === undefined ? "" : await moveAside(path);
        const what = text === undefined ? "missing" : "damaged";
        onDamaged(
          new StateError(path, `File of handled rows ${path} is ${what}`, {
            damaged: true,
          }),
          movedTo,
        );
        // An empty one in its place: the next start must not miss it again.
        await makePrivateDir(dir);
        await replaceFile(path, seal({ rows: [] }));
        handled.#segments.push({ number, rows: [] });
      }
    }
    // A crash between a segment's write and the commit that names it leaves one that nobody names, or half of one.
    const named = new Set(
      handled.#segments.map((segment) => handled.#fileName(segment.number)),
    );
    for (const name of await listFiles(dir)) {
      if (/\.(json|tmp)$/.test(name) && !named.has(name)) {
        await removeIfThere(join(dir, name));
      }
    }
    for (const row of state.handled ?? []) handled.add(row);
    return handled;
  }

  #fileName(number: number): string {
    return `${number}.json`;
  }

  #path(number: number): string {
    return join(this.#dir, this.#fileName(number));
  }

  #index(row: HandledRow): void {
    this.#ids.set(row[0], row);
    if (row[2] !== "") this.#keys.add(row[2]);
  }

  /** Whether the row with this id is done. */
  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** Whether a row of this (source, messageId) is done. */
  hasKey(key: string): boolean {
    return key !== "" && this.#keys.has(key);
  }

  /** Remembers a row that is done. */
  add(row: HandledRow): void {
    if (this.#ids.has(row[0])) return;
    this.#index(row);
    this.#newest.push(row);
  }

  /** A read brought the row: it can come again. */
  brought(id: string, nowMs: number): void {
    this.#brought.delete(id);
    this.#brought.set(id, nowMs);
    if (this.#undated.has(id)) this.#undated.set(id, nowMs);
    if (this.#brought.size <= KEEP_BROUGHT) return;
    const [oldest, at] = this.#brought.entries().next().value!;
    this.#brought.delete(oldest);
    if (this.#ids.get(oldest)?.[1] === 0) this.#undated.set(oldest, at);
  }

  /** A row without a readable time counts with the time when it was last brought, or else is first asked about. */
  #timeOf(row: HandledRow, nowMs: number): number {
    if (row[1] !== 0) return row[1];
    const at = this.#undated.get(row[0]) ?? nowMs;
    this.#undated.set(row[0], at);
    return at;
  }

  #droppable(row: HandledRow, horizon: HandledHorizon): boolean {
    if (horizon.settledAtMs === undefined || this.#brought.has(row[0])) {
      return false;
    }
    const timeMs = this.#timeOf(row, horizon.nowMs);
    return timeMs < horizon.settledAtMs - KEEP_BEFORE_SETTLED_MS &&
      timeMs < horizon.nowMs - KEEP_MS;
  }

  /** Moves what is too much for the state file into a segment. Called before a commit; the commit makes it count. */
  async spill(): Promise<void> {
    if (this.#newest.length <= SEGMENT_ROWS) return;
    const rows = [...this.#newest];
    await makePrivateDir(this.#dir);
    await replaceFile(this.#path(this.#nextNumber), seal({ rows }));
    reached("segment written");
    this.#segments.push({ number: this.#nextNumber++, rows });
    // What came while the file was written is not in it.
    this.#newest = this.#newest.slice(rows.length);
  }

  /** What the state file says of this memory. Segments of which nothing can come back are no longer named. */
  snapshot(
    horizon: HandledHorizon,
  ): { state: Pick<State, "handled" | "handled_files">; dropped: string[] } {
    const dropped: string[] = [];
    while (
      this.#segments[0]?.rows.every((row) => this.#droppable(row, horizon))
    ) {
      const segment = this.#segments.shift()!;
      for (const row of segment.rows) {
        this.#ids.delete(row[0]);
        this.#keys.delete(row[2]);
        this.#undated.delete(row[0]);
      }
      dropped.push(this.#path(segment.number));
    }
    return {
      state: {
        handled: [...this.#newest],
        handled_files: [
          this.#segments[0]?.number ?? this.#nextNumber,
          this.#nextNumber,
        ],
      },
      dropped,
    };
  }
}
