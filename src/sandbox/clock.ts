/**
 * The sandbox's time. Rows are stamped in microseconds, as the platform's database does.
 *
 * @module
 */

/** How far a row's time may run ahead of the clock to stay later than the row before. */
const MAX_AHEAD_MICROS = 1_000_000;

/** The platform's clock, which a test may set wrong. */
export class Clock {
  /** Added to the time of everything: a server whose clock is wrong. Milliseconds. */
  offsetMs: number;
  /** Added to the `Date` header only: a proxy whose clock is wrong. Milliseconds. */
  dateOffsetMs: number;
  readonly #now: () => number;
  #lastMicros = 0;

  /** `now` gives milliseconds since 1970. */
  constructor(now: () => number, offsetMs: number, dateOffsetMs: number) {
    this.#now = now;
    this.offsetMs = offsetMs;
    this.dateOffsetMs = dateOffsetMs;
  }

  /** The platform's time in milliseconds since 1970. */
  nowMs(): number {
    return this.#now() + this.offsetMs;
  }

  /** What the `Date` header of an answer says. */
  dateHeader(): string {
    return new Date(this.nowMs() + this.dateOffsetMs).toUTCString();
  }

  /** The time of a new row: later than the row before, so that one sender's rows keep their order. */
  rowMicros(): number {
    const now = Math.floor(this.nowMs() * 1000);
    const ahead = this.#lastMicros - now;
    this.#lastMicros = ahead >= 0 && ahead < MAX_AHEAD_MICROS
      ? this.#lastMicros + 1
      : now;
    return this.#lastMicros;
  }
}

/** A time as the platform writes it: RFC 3339, trailing zeros of the fraction dropped. */
export function rfc3339(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000);
  const fraction = String(micros - seconds * 1_000_000).padStart(6, "0")
    .replace(/0+$/, "");
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
  return `${whole}${fraction === "" ? "" : `.${fraction}`}Z`;
}

/** Microseconds since 1970, or undefined where `text` is no RFC 3339 time. */
export function parseRfc3339(text: string): number | undefined {
  const match =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/
      .exec(text);
  if (match === null) return undefined;
  const [, whole = "", fraction = "", zone = ""] = match;
  const ms = Date.parse(whole + zone);
  return Number.isNaN(ms)
    ? undefined
    : ms * 1000 + Number(fraction.padEnd(6, "0").slice(0, 6));
}
