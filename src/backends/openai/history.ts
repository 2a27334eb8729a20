/**
 * What was said before in a conversation. The server keeps nothing, so each request carries it; it is kept as text
 * with the conversation's session.
 *
 * @module
 */

import type { HistoryEntry } from "../backend.ts";

/** A question that was answered. */
export interface Turn {
  /** Id of the row that it came in: a row that is run again must not stand twice. */
  readonly row: string;
  /** What the sender wrote. */
  readonly user: string;
  /** What the model answered. */
  readonly assistant: string;
}

/** How much of it is kept. */
export interface HistoryLimits {
  /** Most turns. */
  readonly turns: number;
  /** Most characters of all turns together. */
  readonly chars: number;
}

/** A session keeps no more than this; characters may take several bytes each. */
const MAX_KEPT_BYTES = 256 * 1024;

/** Another release may keep something else. */
const FORMAT = "openai-chat-1";

function isTurn(value: unknown): value is Turn {
  const turn = Object(value);
  return [turn.row, turn.user, turn.assistant].every((member) =>
    typeof member === "string"
  );
}

/** The turns in `kept`, oldest first; none where it is nothing, or of another format. */
export function readHistory(kept: string | undefined): Turn[] {
  try {
    const { format, turns } = Object(JSON.parse(kept ?? "null"));
    return format === FORMAT && Array.isArray(turns)
      ? turns.filter(isTurn)
      : [];
  } catch {
    return [];
  }
}

/** The turns of a person's chat: each question with what came before the next one. What nobody answered is left out. */
export function turnsOfChat(history: readonly HistoryEntry[]): Turn[] {
  const turns: Turn[] = [];
  let user: string | undefined;
  for (const { role, text } of history) {
    if (role === "user") {
      user = text;
    } else if (user !== undefined) {
      turns.push({ row: "", user, assistant: text });
      user = undefined;
    }
  }
  return turns;
}

/** `turns` as text to keep. */
export function writeHistory(turns: readonly Turn[]): string {
  return JSON.stringify({ format: FORMAT, turns });
}

function chars(turns: readonly Turn[]): number {
  return turns.reduce(
    (sum, { user, assistant }) => sum + user.length + assistant.length,
    0,
  );
}

/** The newest of `turns` that go into `limits` and into what a session keeps, without a gap. */
export function newestTurns(
  turns: readonly Turn[],
  limits: HistoryLimits,
): Turn[] {
  let kept = limits.turns === 0 ? [] : turns.slice(-limits.turns);
  const fits = () =>
    chars(kept) <= limits.chars &&
    new TextEncoder().encode(writeHistory(kept)).length <= MAX_KEPT_BYTES;
  while (kept.length > 0 && !fits()) kept = kept.slice(1);
  return kept;
}
