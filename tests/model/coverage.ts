/** What the simulations of many seeds must have met between them: a suite that meets nothing shows nothing. */
import { CRASH_POINTS, type CrashPoint } from "../../src/crash_points.ts";

/** Steps that no simulation comes to, and why. */
const OUT_OF_REACH: ReadonlyMap<CrashPoint, string> = new Map<
  CrashPoint,
  string
>([
  ...(["retry taken in", "retry saved", "retry file removed"] as const).map((
    point,
  ) => [point, "no operator is simulated, so nothing is retried"] as const),
  ["retry forgotten", "no operator is simulated, so nothing is retried"],
  ["child saved", "the back end here starts no processes"],
  ["upload answered", "the back end here sends no files"],
  ["upload saved", "the back end here sends no files"],
  ["bubbles in outbox", "the back end here sends no files"],
  ["bubbles saved", "the back end here sends no files"],
  ["refusal in outbox", "no rule of an operator's refuses anybody here"],
  ["epoch begun", "nobody asks to begin anew"],
  ["file fetched", "the back end here takes no files"],
  ["file acknowledged", "the back end here takes no files"],
  ["file moved", "nothing is damaged, and nothing retried"],
]);

/** What else must have happened. */
const EVENTS = [
  "crashes",
  "crashes with power loss",
  "crashes that hit a turn",
  "stops",
  "turns that a stop cut",
  "turns that failed: retry",
  "turns that failed: weather",
  "turns that failed: storm",
  "turns that failed: final",
  "senders that were told to wait",
  "people that were told to wait",
  "late rows",
  "messages that came twice",
  "messages that were given up",
  "answers that were given up",
  "cursors lost (410)",
  "rows that the platform dropped",
  "refused connections",
  "unknown outcomes of notify",
  "unknown outcomes of a2a",
  "unknown outcomes of feed",
  "repeats that a peer dropped",
  "outcomes that stayed unknown",
  "answers 401",
  "answers 404",
  "answers 429",
  "answers 500",
  "answers 502",
  "answers 503",
  "full disks",
  "files that a crash tore",
  "names that a crash took back",
] as const;

const stepsInReach = CRASH_POINTS.filter((point) => !OUT_OF_REACH.has(point));

/** What none of the simulations met. */
export function missed(counts: ReadonlyMap<string, number>): string[] {
  return [...EVENTS, ...stepsInReach.map((point) => `step: ${point}`)]
    .filter((what) => (counts.get(what) ?? 0) === 0);
}

/** Steps at which no simulation crashed; a few are so rare that a run may leave one out. */
export function notCrashedAt(counts: ReadonlyMap<string, number>): string[] {
  return stepsInReach.filter((point) => !counts.has(`crash at: ${point}`));
}

/** Adds `more` to `counts`. */
export function addCounts(
  counts: Map<string, number>,
  more: ReadonlyMap<string, number>,
): void {
  for (const [what, times] of more) {
    counts.set(what, (counts.get(what) ?? 0) + times);
  }
}
