/**
 * Slows down before the platform has to say that it was too much. Its answers tell how many requests are left in the
 * running window, which others may share: each one takes the share that it has had so far.
 */
import { Bell } from "../bell.ts";
import type { Answer, RequestSpec } from "./request.ts";

/** What an answer tells of the limit. */
export interface RateLimitState {
  /** Requests of a whole window. */
  readonly limit: number;
  /** Requests that are left in this one. */
  readonly remaining: number;
  /** Milliseconds until the next window. */
  readonly resetMs: number;
}

/** Nothing is slowed down while more than this part of a window is left. */
const FREE_PART = 0.5;
/** However little was asked so far, so much of what is left may be. */
const LEAST_SHARE = 0.02;
/** The time of the next window is told in whole seconds that are over. */
const SLACK_MS = 1_000;
/** No window is longer; a header that says so must not silence a connector. */
const MAX_WINDOW_MS = 60_000;

/** Reads the headers of an answer; undefined where there is no limit. */
export function readRateLimit(headers: Headers): RateLimitState | undefined {
  const number = (name: string) => {
    const text = headers.get(name);
    return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  };
  const limit = number("x-ratelimit-limit");
  const remaining = number("x-ratelimit-remaining");
  const resetMs = number("x-ratelimit-reset") * 1_000;
  return limit > 0 && remaining >= 0 && resetMs >= 0
    ? { limit, remaining, resetMs: Math.min(resetMs, MAX_WINDOW_MS) }
    : undefined;
}

interface Window {
  readonly limit: number;
  /** What was left when it was first told. */
  readonly first: number;
  /** By then a new one has begun, by `performance.now()`. */
  endsAt: number;
  remaining: number;
  /** Our own requests since it was first told. */
  own: number;
}

/** Keeps the pace of all requests of one connection. */
export class Pace {
  #window: Window | undefined;
  /** When the next request of a kind may begin, by `performance.now()`. */
  #next = { read: 0, post: 0 };
  /** A 429 asked everybody to come later: nothing is sent before, by `performance.now()`. */
  #restUntil = -Infinity;
  readonly #stop = new Bell();
  #stopped = false;

  /** Waits until `spec` may be sent. @throws the signal's reason. */
  async turn(spec: Pick<RequestSpec, "purpose" | "signal">): Promise<void> {
    const waitMs = this.#waitMs(spec.purpose);
    if (waitMs > 0) await this.#stop.wait(spec.signal, waitMs);
    await this.rest(spec.signal);
    if (this.#window !== undefined) this.#window.own++;
  }

  /** Waits until nobody asks for rest any more. @throws the signal's reason. */
  async rest(signal: AbortSignal): Promise<void> {
    for (;;) {
      const restMs = this.#restUntil - performance.now();
      if (this.#stopped || restMs <= 0) return;
      await this.#stop.wait(signal, restMs);
    }
  }

  /** Nothing waits from now on: at a stop everything left gets its one try. */
  stop(): void {
    this.#stopped = true;
    this.#stop.ring();
  }

  /** Learns from an answer of the platform's own. */
  note(
    { rateLimit: told, status, retryAfterMs = 0 }: Pick<
      Answer,
      "rateLimit" | "status" | "retryAfterMs"
    >,
  ): void {
    if (status === 429) {
      const restMs = Math.min(retryAfterMs, MAX_WINDOW_MS);
      this.#restUntil = Math.max(this.#restUntil, performance.now() + restMs);
    }
    if (told === undefined) return;
    const { limit, remaining, resetMs } = told;
    const endsAt = performance.now() + resetMs + SLACK_MS;
    const window = this.#window;
    const isSame = window !== undefined && window.limit === limit &&
      Math.abs(window.endsAt - endsAt) < 1.25 * SLACK_MS;
    if (isSame) {
      // Answers overtake each other: the least that was told is what is left.
      window.remaining = Math.min(window.remaining, remaining);
    } else {
      this.#window = { limit, first: remaining, endsAt, remaining, own: 0 };
      this.#next = { read: 0, post: 0 };
    }
  }

  /** Whether so little is left that what could be left out should be. */
  get isTight(): boolean {
    const now = performance.now();
    if (this.#restUntil > now) return true;
    const window = this.#window;
    return window !== undefined && window.endsAt >= now &&
      window.remaining <= window.limit * FREE_PART;
  }

  #waitMs(purpose: RequestSpec["purpose"]): number {
    const window = this.#window;
    if (window === undefined || this.#stopped) return 0;
    const now = performance.now();
    const leftMs = window.endsAt - now;
    if (leftMs < 0) return 0; // a new one has begun; the answer tells about it
    // Those who share a window do not all come back at once.
    const untilNext = leftMs + SLACK_MS * Math.random();
    if (window.remaining === 0) return untilNext;
    if (purpose === "beat" || window.remaining > window.limit * FREE_PART) {
      return 0;
    }
    const used = window.first - window.remaining;
    const share = used > 0
      ? Math.min(1, Math.max(window.own / used, LEAST_SHARE))
      : 1;
    const other = purpose === "read" ? "post" : "read";
    const both = this.#next[other] > now ? 2 : 1; // what people wait for does not stand behind a long queue
    const apartMs = both * leftMs / (window.remaining * share);
    const at = Math.max(now, this.#next[purpose]);
    this.#next[purpose] = at + apartMs;
    return Math.min(at - now, untilNext);
  }
}
