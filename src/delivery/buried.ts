/** The end of an answer that is given up: it stands in the dead letters from then on. */
import type { Part } from "../a2a/part.ts";
import { reached } from "../crash_points.ts";
import { shortId } from "../short_id.ts";
import type { OutboxEntry } from "../state/state.ts";
import { letterId } from "./dead_letter.ts";
import { deadLetter } from "./dead_letters.ts";
import type { PostingOptions } from "./posting_options.ts";

/** Writes the letter of an answer; what it returns tells of it, once it is saved that the answer is over. */
export async function buried(
  options: PostingOptions,
  entry: OutboxEntry,
  why: string,
  parts: readonly Part[],
): Promise<() => void> {
  const { journal, deadLetters, workspaceId, log, emit } = options;
  const row = shortId(entry.row);
  if (entry.wait) {
    // Not worth a letter: tried again later it would be untrue.
    return () =>
      log.warn("A sender could not be told that its message waits", {
        row,
        reason: why,
      });
  }
  const letter = deadLetter("reply", workspaceId, entry.row, {
    caller_id: entry.peer,
    reason: why,
    attempts: entry.tries,
    retry: entry.retry ?? 0,
    message_id: entry.id,
    payload: { ...entry, parts },
  });
  await journal.untilWritten(() => deadLetters.save(letter));
  reached("answer buried");
  return () => {
    log.error("An answer was given up and stands in the dead letters", {
      row,
      reason: why,
      ...deadLetters.where(letter),
    });
    const { row: activityId, origin, peer: callerId } = entry;
    const given = { reason: why, letter: letterId(letter) };
    emit({ type: "dead_letter", activityId, origin, callerId, ...given });
  };
}
