/** How long to wait before another try. */

/** Longest wait that a `Retry-After` may ask for, in milliseconds. */
const MAX_RETRY_AFTER_MS = 10 * 60_000;

/** Exponential backoff with full jitter: each wait is drawn from 0 up to a bound that doubles, up to a cap. */
export class Backoff {
  #failures = 0;
  readonly #baseMs: number;
  readonly #capMs: number;

  /** The first bound is `baseMs`; no bound is above `capMs`. */
  constructor(baseMs: number, capMs: number) {
    this.#baseMs = baseMs;
    this.#capMs = capMs;
  }

  /** How many tries failed since the last success. */
  get failures(): number {
    return this.#failures;
  }

  /** The next wait, in milliseconds; never shorter than what the other side asked for. */
  next(retryAfterMs = 0): number {
    const bound = Math.min(
      this.#capMs,
      this.#baseMs * 2 ** Math.min(this.#failures, 30),
    );
    this.#failures++;
    return Math.max(
      Math.random() * bound,
      Math.min(retryAfterMs, MAX_RETRY_AFTER_MS),
    );
  }

  /** After a success: begins again. */
  reset(): void {
    this.#failures = 0;
  }
}

/** Milliseconds that a `Retry-After` header asks for, in seconds or as a date; 0 counts as one second. */
export function retryAfterMs(
  header: string | null,
  now: number,
): number | undefined {
  if (header === null) return undefined;
  const ms = /^\s*\d+\s*$/.test(header)
    ? Number(header) * 1_000
    : Date.parse(header) - now;
  return Number.isNaN(ms) ? undefined : Math.max(ms, 1_000);
}
