/**
 * The query of `GET /workspaces/:id/activity`.
 *
 * @module
 */
import { Refusal } from "./answer.ts";
import { parseRfc3339 } from "./clock.ts";
import type { FeedQuery } from "./feed.ts";
import type { ActivityRow } from "./row.ts";
import { isUuid } from "./world.ts";

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 500;
const MAX_WINDOW_SECS = 30 * 24 * 3600;

/** Reads the query; of a repeated parameter the first counts, an empty one counts as none. */
export function parseFeedQuery(
  query: URLSearchParams,
  nowMs: number,
): FeedQuery {
  const sinceId = query.get("since_id") || undefined;
  const notBefore = parseWindow(query.get("since_secs"), nowMs);
  const before = parseBefore(query.get("before_ts"));
  return {
    limit: parseLimit(query.get("limit")),
    matches: parseFilter(query),
    ...(sinceId === undefined ? {} : { sinceId }),
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(before === undefined ? {} : { before }),
  };
}

/** Whether the rows are wanted with what is known of their senders. */
export function wantsPeerInfo(query: URLSearchParams): boolean {
  return (query.get("include") ?? "").split(",")
    .some((flag) => flag.trim() === "peer_info");
}

/** A bad limit is not refused: it becomes the default. */
function parseLimit(text: string | null): number {
  const limit = /^\d+$/.test(text ?? "") ? Number(text) : 0;
  return limit === 0 ? DEFAULT_LIMIT : Math.min(limit, MAX_LIMIT);
}

function parseWindow(text: string | null, nowMs: number): number | undefined {
  if (text === null || text === "") return undefined;
  const secs = /^\d+$/.test(text) ? Number(text) : 0;
  if (secs === 0) {
    throw new Refusal(400, "since_secs must be a positive integer");
  }
  return Math.floor(
    (nowMs - Math.min(secs, MAX_WINDOW_SECS) * 1000) * 1000,
  );
}

function parseBefore(text: string | null): number | undefined {
  if (text === null || text === "") return undefined;
  const micros = parseRfc3339(text);
  if (micros === undefined) {
    throw new Refusal(
      400,
      "before_ts must be an RFC3339 timestamp (e.g. 2026-05-01T00:00:00Z)",
    );
  }
  return micros;
}

function parseFilter(query: URLSearchParams): (row: ActivityRow) => boolean {
  const type = query.get("type") || undefined;
  const source = query.get("source") || undefined;
  const peerId = query.get("peer_id")?.toLowerCase() || undefined;
  if (source !== undefined && source !== "canvas" && source !== "agent") {
    throw new Refusal(400, "source must be 'canvas' or 'agent'");
  }
  if (peerId !== undefined && !isUuid(peerId)) {
    throw new Refusal(400, "peer_id must be a UUID");
  }
  return (row) =>
    (type === undefined || row.activity_type === type) &&
    (source === undefined ||
      (source === "canvas") === (row.source_id === null)) &&
    (peerId === undefined || row.source_id === peerId ||
      row.target_id === peerId);
}
