/**
 * Bubbles in the person's chat. A notify has no id, so before one of unknown outcome is sent again, its echo is looked
 * for in our own feed. For that to be sure, bubbles of one text never come close together: the echo of an attempt is
 * then the only row of that text from when it began.
 */
import { createHash } from "node:crypto";
import { PermanentError, TransientError } from "../errors.ts";
import type { ActivityRow } from "../platform/row.ts";

/** The attempt whose echo is looked for. */
export interface UnsureAttempt {
  /** Where the search begins: the settled row before the attempt; empty for none. */
  readonly cursor: string;
  /** When it began, in ms since 1970 by the platform's clock. */
  readonly began: number;
}

/**
 * Reads the feed from a row, or where it is empty or lost at least what came since a time (ms since 1970 by the
 * platform's clock), and tells each row.
 */
export type ReadFrom = (
  cursor: string,
  sinceMs: number,
  onRow: (row: ActivityRow) => void,
  signal: AbortSignal,
) => Promise<boolean>;

/**
 * The platform tells its time to the second, and may take it from another clock than its rows: an attempt may seem to
 * have begun this much later than its row. Less than the distance of two bubbles of one text.
 */
const CLOCK_SLACK_MS = 2_000;

/** A short name of a text, as the state keeps it. */
function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

/** The text of a row that is a bubble of ours. */
function bubbleText(row: ActivityRow): string | undefined {
  const body = row.responseBody;
  if (row.method !== "notify" || typeof body !== "object" || body === null) {
    return undefined;
  }
  const { result } = body as Record<string, unknown>;
  return typeof result === "string" ? result : undefined;
}

interface Shown {
  /** The answer that is being shown, while its outcome is open. */
  holder: string | undefined;
  /** When the last attempt was under way, by `performance.now()`. */
  at: number;
}

/** What bubbles need. */
export interface BubblesOptions {
  readonly readFrom: ReadFrom;
  /** Bubbles of one text are at least so long apart. */
  readonly apartMs: number;
  /** What `recent` was when the process before this one wrote it down. */
  readonly before: readonly string[];
}

/** Keeps bubbles of one text apart, and looks for those of unknown outcome. */
export class Bubbles {
  readonly #options: BubblesOptions;
  /** By digest. */
  #shown = new Map<string, Shown>();

  /** What was shown before is taken as shown now: no clock tells how long the process was away. */
  constructor(options: BubblesOptions) {
    this.#options = options;
    const at = performance.now();
    for (const text of options.before) {
      this.#shown.set(text, { holder: undefined, at });
    }
  }

  /** The texts, by digest, that were shown so short a time ago that they may not be shown again yet. To be saved. */
  get recent(): readonly string[] {
    this.#forget();
    return [...this.#shown].filter(([, { holder }]) => holder === undefined)
      .map(([text]) => text);
  }

  #forget(): void {
    const old = performance.now() - this.#options.apartMs;
    for (const [text, { holder, at }] of this.#shown) {
      if (holder === undefined && at < old) this.#shown.delete(text);
    }
  }

  /** How long the answer `id` has to wait until a bubble of `text` may be shown, in milliseconds. */
  waitMs(text: string, id: string): number {
    const { apartMs } = this.#options;
    const shown = this.#shown.get(digest(text));
    if (shown === undefined || shown.holder === id) return 0;
    if (shown.holder !== undefined) return apartMs;
    return Math.max(0, shown.at + apartMs - performance.now());
  }

  /** The answer `id` is being shown, or was when the process before this one ended. */
  hold(text: string, id: string): void {
    this.#shown.set(digest(text), { holder: id, at: performance.now() });
  }

  /** What became of the bubble of `text` is known. */
  release(text: string): void {
    this.#forget();
    this.#shown.set(digest(text), {
      holder: undefined,
      at: performance.now(),
    });
  }

  /** Whether the bubble of an attempt is there; undefined where that cannot be told now. */
  async find(
    text: string,
    attempt: UnsureAttempt,
    signal: AbortSignal,
  ): Promise<boolean | undefined> {
    let found = false;
    const sinceMs = attempt.began - CLOCK_SLACK_MS;
    const onRow = (row: ActivityRow) => {
      const late = row.micros === undefined || row.micros >= sinceMs * 1_000;
      if (late && bubbleText(row) === text) found = true;
    };
    try {
      const complete = await this.#options.readFrom(
        attempt.cursor,
        sinceMs,
        onRow,
        signal,
      );
      return found || (complete ? false : undefined);
    } catch (error) {
      const passes = error instanceof TransientError ||
        error instanceof PermanentError;
      if (!passes && !signal.aborted) throw error;
      return found || undefined; // the poll loop deals with what is wrong with the feed
    }
  }
}
