/** A row of the feed as it comes over the wire. */
import { parseMicros } from "./time.ts";

/** Where a row stands in the feed. */
export interface Place {
  /** The row's id. */
  readonly id: string;
  /** Its time in microseconds since 1970; undefined where it has none that can be read. */
  readonly micros: number | undefined;
}

/** A row, with the members that matter read out and everything else kept. */
export interface ActivityRow extends Place {
  /** Its time as the platform wrote it; empty where there is none. */
  readonly createdAt: string;
  /** Its place among rows of the same time, where the platform tells it. */
  readonly seq: number | undefined;
  /** Who caused it; null for a person and for the platform. */
  readonly sourceId: string | null;
  /** The JSON-RPC method; null or empty where there is none. */
  readonly method: string | null;
  /** `ok` or `error`. */
  readonly status: string;
  /** The sender's name, where the platform knows it. */
  readonly peerName: string;
  /** The request, any JSON. */
  readonly requestBody: unknown;
  /** The response, any JSON; undefined where there is none. */
  readonly responseBody: unknown;
  /** Everything, verbatim. */
  readonly raw: unknown;
}

/** When a row was written: its time, and its place among rows of the same time. */
export interface RowTime {
  /** In microseconds since 1970; undefined where it cannot be read. */
  readonly micros?: number | undefined;
  /** Undefined where the platform does not tell it. */
  readonly seq?: number | undefined;
}

/** Above 0 where `a` was written after `b`, below 0 where before it; undefined where their times do not tell. */
export function compareTimes(a: RowTime, b: RowTime): number | undefined {
  if (a.micros === undefined || b.micros === undefined) return undefined;
  if (a.micros !== b.micros) return a.micros - b.micros;
  return a.seq === undefined || b.seq === undefined ? undefined : a.seq - b.seq;
}

const text = (value: unknown): string => typeof value === "string" ? value : "";
const textOrNull = (value: unknown): string | null =>
  typeof value === "string" ? value : null;

/** Who sent a row. Whatever stands there that is no text is no person: only nothing is. */
function source(value: unknown): string | null {
  if (value === undefined || value === null || value === "") return null;
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Reads one element of a page, or undefined where it is no row: without an id nothing can be remembered of it. */
export function parseRow(value: unknown): ActivityRow | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const row = value as Record<string, unknown>;
  const id = typeof row.id === "number" ? String(row.id) : row.id;
  if (typeof id !== "string" || id === "") return undefined;
  return {
    id,
    micros: parseMicros(row.created_at),
    createdAt: text(row.created_at),
    seq: typeof row.seq === "number" ? row.seq : undefined,
    sourceId: source(row.source_id),
    method: textOrNull(row.method),
    status: text(row.status),
    peerName: text(row.peer_name),
    requestBody: row.request_body,
    responseBody: row.response_body,
    raw: value,
  };
}
