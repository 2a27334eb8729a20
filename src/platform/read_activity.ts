/** One page of the feed: how it is asked for, and what its answer means. */
import { MAX_SINCE_SECS } from "../options.ts";
import { isUuid } from "../uuid.ts";
import {
  expectOk,
  isOriginRefusal,
  isUnknownWorkspace,
  json,
  jsonObject,
  transient,
} from "./answers.ts";
import type { CallExtra } from "./call.ts";
import type { Answer } from "./request.ts";
import { parseRow } from "./row.ts";
import { formatMicros } from "./time.ts";
import type { ActivityPage, ActivityQuery } from "./wire.ts";

/** One page of the feed. A longer one is asked for again with fewer rows. */
const MAX_PAGE_BYTES = 32 * 1024 * 1024;
/** A page of one row: the longest row that a legal message can make is 96 MiB. */
const MAX_ROW_BYTES = 128 * 1024 * 1024;

/** Reads a page; see `PlatformClient.activity`. `now` is the platform's clock, for an answer that tells no time. */
export async function readActivity(
  ask: (extra: CallExtra) => Promise<Answer>,
  query: ActivityQuery,
  now: () => number,
  onProgress?: () => void,
): Promise<ActivityPage> {
  const parameters = new URLSearchParams({
    type: "a2a_receive",
    limit: String(query.limit),
    include: "peer_info",
  });
  if (query.sinceId !== undefined) parameters.set("since_id", query.sinceId);
  if (query.beforeMicros !== undefined) {
    parameters.set("before_ts", formatMicros(query.beforeMicros));
  }
  if (query.canvasOnly) parameters.set("source", "canvas");
  // A window reaches back from when it is asked for: what waits on the way must reach back further.
  const askedAt = performance.now();
  const { sinceSecs } = query;
  const queryNow = () => {
    if (sinceSecs !== undefined) {
      const waited = Math.round((performance.now() - askedAt) / 1_000);
      const secs = Math.min(sinceSecs + waited, MAX_SINCE_SECS);
      parameters.set("since_secs", String(secs));
    }
    return parameters.toString();
  };
  const answer = await ask({
    onProgress,
    query: queryNow,
    maxBytes: query.limit === 1 ? MAX_ROW_BYTES : MAX_PAGE_BYTES,
  });
  const lostCursor = answer.status === 500 && query.sinceId !== undefined &&
    !isUuid(query.sinceId) &&
    jsonObject(answer)?.error === "cursor lookup failed";
  expectOk(
    lostCursor ? { ...answer, status: 410 } : answer,
    (a) =>
      a.status === 401 || isUnknownWorkspace(a) ||
      (a.status === 410 && query.sinceId !== undefined) ||
      (a.status === 403 && !isOriginRefusal(a)),
  );
  const page = json(answer);
  if (!Array.isArray(page)) {
    throw transient(answer, "the answer is no list of rows");
  }
  const rows = page.map(parseRow).filter((row) => row !== undefined);
  return {
    rows,
    unreadable: page.length - rows.length,
    bytes: answer.text.length,
    date: answer.date ?? now(),
  };
}
