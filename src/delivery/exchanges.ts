/**
 * Counts how often a peer and this workspace answered each other. Two agents that answer every message, and do not say
 * that theirs are answers, would go on for ever.
 */
import { putNewest } from "../put_newest.ts";
import type { SavedExchange } from "../state/state.ts";

/** Peers choose how many conversations there are. */
const MAX_CONVERSATIONS = 1_000;
/** So many of them, those with the highest counts, survive a restart: a commit must not cost more with each one. */
const MAX_SAVED = 100;
/** The clock that writes times into rows may be so far behind the one that we go by. */
const CLOCK_SLACK_MS = 2_000;
/** A clock that is set back by more than this makes a window begin anew. */
const SET_BACK_MS = 60_000;

interface Count {
  /** When our last answer was saved, while no message came after it; 0 once one was counted. */
  answeredMs: number;
  /** When the window began. */
  fromMs: number;
  /** Messages in the window that came after an answer of ours. */
  n: number;
  /** Whether it was told that the limit is reached. */
  told: boolean;
}

/** What exchanges need. */
export interface ExchangesOptions {
  /** Most exchanges of one conversation in a window; 0 for no limit. */
  readonly most: number;
  /** How long a window is, from its first exchange on. */
  readonly windowMs: number;
  /** The platform's clock, in ms since 1970. */
  readonly now: () => number;
  /** What `snapshot()` was when the process before this one saved it. */
  readonly before: readonly SavedExchange[];
}

/** What is to become of a message. */
export type Exchange =
  | "goes on"
  | "is too much"
  | "is too much, for the first time";

/** The exchanges of one workspace. */
export class Exchanges {
  readonly #options: ExchangesOptions;
  /** By conversation, the one that was used longest ago first. */
  #counts = new Map<string, Count>();

  /** Goes on where the process before this one was. */
  constructor(options: ExchangesOptions) {
    this.#options = options;
    for (const [lane, answeredMs, fromMs, n] of options.before) {
      this.#counts.set(lane, { answeredMs, fromMs, n, told: false });
    }
  }

  #of(lane: string): Count {
    const { now, windowMs } = this.#options;
    const nowMs = now();
    const count = this.#counts.get(lane) ??
      { answeredMs: 0, fromMs: nowMs, n: 0, told: false };
    putNewest(this.#counts, lane, count, MAX_CONVERSATIONS);
    if (
      nowMs >= count.fromMs + windowMs || nowMs < count.fromMs - SET_BACK_MS
    ) {
      Object.assign(count, { fromMs: nowMs, n: 0, told: false });
    }
    return count;
  }

  /** An answer of ours in the conversation `lane` is saved. Counts with the next commit. */
  answered(lane: string): void {
    if (this.#options.most === 0) return;
    this.#of(lane).answeredMs = this.#options.now();
  }

  /**
   * A peer's message comes in, sent at `sentMs` by the platform's clock (0: unknown). The first one after each answer of
   * ours is an exchange; what was sent before it is none, however late it is read.
   */
  message(lane: string, sentMs: number): Exchange {
    const { most, now } = this.#options;
    if (most === 0 || !this.#counts.has(lane)) return "goes on";
    const count = this.#of(lane);
    const { answeredMs, n, told } = count;
    const isAfter = answeredMs !== 0 &&
      (sentMs === 0 || sentMs > answeredMs - CLOCK_SLACK_MS);
    if (!isAfter) return "goes on";
    if (n >= most) {
      count.told = true;
      return told ? "is too much" : "is too much, for the first time";
    }
    // An hour of silence is no part of a window.
    if (n === 0) count.fromMs = now();
    Object.assign(count, { answeredMs: 0, n: n + 1 });
    return "goes on";
  }

  /** The counts that the state keeps. */
  snapshot(): SavedExchange[] {
    const { now, windowMs } = this.#options;
    const nowMs = now();
    return [...this.#counts]
      .filter(([, { n, fromMs }]) => n > 0 && nowMs < fromMs + windowMs)
      .sort(([, a], [, b]) => b.n - a.n).slice(0, MAX_SAVED)
      .map((
        [lane, { answeredMs, fromMs, n }],
      ) => [lane, answeredMs, fromMs, n]);
  }
}
