/**
 * Whether a bubble is there: a notify has no id, so before one of unknown outcome is sent again, its echo is looked
 * for in our own feed. The rows that the search brings go their normal way.
 */
import type { ActivityRow } from "../platform/row.ts";

/** The attempt whose echo is looked for. */
export interface UnsureAttempt {
  /** Where the search begins: the settled row before the attempt; empty for none. */
  readonly cursor: string;
  /** That row's time, in ms since 1970; absent where it is unknown. */
  readonly cursorAt?: number;
}

/** Reads the feed from a row, or from the beginning of the window where it is empty, and tells each row. */
export type ReadFrom = (
  cursor: string,
  onRow: (row: ActivityRow) => void,
  signal: AbortSignal,
) => Promise<boolean>;

/** For how long sends are remembered, in ms: an attempt older than this is not doubted any more. */
const REMEMBER_MS = 25 * 3_600_000;
/** The platform's clock is known to the second. In doubt a bubble is rather shown twice than not at all. */
const CLOCK_SLACK_MS = 1_500;

/** The text of a row that is a bubble of ours. */
function bubbleText(row: ActivityRow): string | undefined {
  const body = row.responseBody;
  if (row.method !== "notify" || typeof body !== "object" || body === null) {
    return undefined;
  }
  const { result } = body as Record<string, unknown>;
  return typeof result === "string" ? result : undefined;
}

/** Looks for bubbles. */
export class EchoSearch {
  readonly #readFrom: ReadFrom;
  readonly #platformNow: () => number;
  #sent: { readonly text: string; readonly at: number }[] = [];

  /** Reads through `readFrom`; `platformNow` is the platform's clock, in ms since 1970. */
  constructor(readFrom: ReadFrom, platformNow: () => number) {
    this.#readFrom = readFrom;
    this.#platformNow = platformNow;
  }

  /** A bubble of this text was certainly shown. */
  sent(text: string): void {
    const now = this.#platformNow();
    this.#sent = this.#sent.filter((send) => now - send.at < REMEMBER_MS);
    this.#sent.push({ text, at: now });
  }

  /** Whether the bubble of an attempt is there. The same text of another send of ours is not taken for it. */
  async find(
    text: string,
    attempt: UnsureAttempt,
    signal: AbortSignal,
  ): Promise<"yes" | "no" | "cannot tell"> {
    const ids = new Set<string>();
    const complete = await this.#readFrom(attempt.cursor, (row) => {
      if (bubbleText(row) === text) ids.add(row.id);
    }, signal);
    if (!complete) return "cannot tell";
    const since = (attempt.cursorAt ?? -Infinity) - CLOCK_SLACK_MS;
    const others =
      this.#sent.filter((send) => send.text === text && send.at >= since)
        .length;
    return ids.size > others ? "yes" : "no";
  }
}
