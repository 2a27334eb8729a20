/** The feed of one workspace as the platform keeps it: rows can become visible after later ones, and old ones go. */
import type { VirtualClock } from "./virtual_clock.ts";

/** A row. */
export interface FeedRow {
  readonly id: string;
  /** Its place: time in microseconds since 1970, then number. */
  readonly micros: number;
  readonly seq: number;
  /** By the simulation's clock, in ms. */
  readonly visibleAt: number;
  /** Null for a person and for the platform. */
  readonly sourceId: string | null;
  readonly method: string | null;
  /** The row as JSON. */
  readonly json: string;
}

/** What a row is made of. */
export interface NewRow {
  readonly id: string;
  readonly sourceId: string | null;
  readonly method: string | null;
  readonly requestBody?: unknown;
  readonly responseBody?: unknown;
  /** How long after its time it becomes visible, in ms. */
  readonly lateMs: number;
}

/** An answer to a query. */
export type FeedAnswer =
  | { readonly is: "page"; readonly rows: readonly FeedRow[] }
  | { readonly is: "lost cursor" }
  | { readonly is: "bad query"; readonly why: string };

const before = (a: FeedRow, b: FeedRow) => a.micros - b.micros || a.seq - b.seq;

/** RFC 3339 as the platform writes it: without zeros at the end of the fraction. */
function formatTime(micros: number): string {
  const whole = Math.floor(micros / 1_000_000);
  const fraction = String(micros - whole * 1_000_000).padStart(6, "0").replace(
    /0+$/,
    "",
  );
  const seconds = new Date(whole * 1_000).toISOString().slice(0, 19);
  return `${seconds}${fraction === "" ? "" : `.${fraction}`}Z`;
}

/** The rows of one workspace. */
export class VirtualFeed {
  readonly #clock: VirtualClock;
  readonly #workspaceId: string;
  #rows: FeedRow[] = [];
  #seq = 1;

  /** It is empty. */
  constructor(clock: VirtualClock, workspaceId: string) {
    this.#clock = clock;
    this.#workspaceId = workspaceId;
  }

  /** Every row that is still there, in order. */
  get rows(): readonly FeedRow[] {
    return this.#rows;
  }

  /** Adds a row of now. */
  add(given: NewRow): FeedRow {
    const { id, sourceId, method, requestBody, responseBody, lateMs } = given;
    // Times of one millisecond are common, so that the number has to decide.
    const micros = Math.floor(this.#clock.platformMs) * 1_000;
    const seq = this.#seq;
    this.#seq += 1 + (seq % 3); // with gaps
    const json = JSON.stringify({
      id,
      workspace_id: this.#workspaceId,
      activity_type: "a2a_receive",
      status: "ok",
      created_at: formatTime(micros),
      seq,
      source_id: sourceId,
      target_id: this.#workspaceId,
      method,
      summary: "display text",
      duration_ms: null,
      error_detail: null,
      ...(requestBody === undefined ? {} : { request_body: requestBody }),
      ...(responseBody === undefined ? {} : { response_body: responseBody }),
    });
    const row: FeedRow = {
      id,
      micros,
      seq,
      visibleAt: this.#clock.now + lateMs,
      sourceId,
      method,
      json,
    };
    this.#rows.push(row);
    this.#rows.sort(before);
    return row;
  }

  /** Drops the rows from the beginning up to the first one that `keep` says yes to. Returns how many. */
  prune(keep: (row: FeedRow) => boolean): number {
    const first = this.#rows.findIndex(keep);
    const count = first === -1 ? this.#rows.length : first;
    this.#rows.splice(0, count);
    return count;
  }

  /** Answers `GET …/activity`. */
  query(parameters: URLSearchParams): FeedAnswer {
    const now = this.#clock.now;
    let rows = this.#rows.filter((row) => row.visibleAt <= now);
    if (parameters.get("source") === "canvas") {
      rows = rows.filter((row) => row.sourceId === null);
    }
    const sinceSecs = parameters.get("since_secs");
    if (sinceSecs !== null) {
      if (!/^[1-9]\d*$/.test(sinceSecs)) {
        return { is: "bad query", why: "since_secs" };
      }
      const from = (this.#clock.platformMs - Number(sinceSecs) * 1_000) * 1_000;
      rows = rows.filter((row) => row.micros >= from);
    }
    const beforeTs = parameters.get("before_ts");
    if (beforeTs !== null) {
      const micros = parseTime(beforeTs);
      if (Number.isNaN(micros)) return { is: "bad query", why: "before_ts" };
      rows = rows.filter((row) => row.micros < micros);
    }
    const given = Number(parameters.get("limit"));
    const limit = given > 0 ? Math.min(given, 500) : 100;
    const sinceId = parameters.get("since_id");
    if (sinceId === null) {
      return { is: "page", rows: rows.reverse().slice(0, limit) };
    }
    const cursor = this.#rows.find((row) => row.id === sinceId);
    if (cursor === undefined) return { is: "lost cursor" };
    const after = rows.filter((row) => before(row, cursor) > 0);
    return { is: "page", rows: after.slice(0, limit) };
  }
}

function parseTime(text: string): number {
  const match = /^([^.]+?)(?:\.(\d{1,6}))?Z$/.exec(text);
  if (match === null) return NaN;
  return Date.parse(`${match[1]}Z`) * 1_000 +
    Number((match[2] ?? "").padEnd(6, "0"));
}
