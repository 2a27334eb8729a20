/**
 * From where the feed is read, and when. A cursor alone loses messages, because the feed can show a row after a later
 * one: so reads begin at three rows, the newest one and two that are so old that nothing shows up before them.
 */
import type { Place } from "../platform/row.ts";
import type { Timing } from "../timing.ts";

/** A window of time, where there is no row to read from. */
export interface Window {
  /** Where it begins, in ms since 1970 by the platform's clock. */
  readonly startMs: number;
}

/** What a read begins at. */
export type Base = Place | Window;

/** Whether `base` is a window. */
export function isWindow(base: Base): base is Window {
  return "startMs" in base;
}

/** Whether two bases are the same. */
export function isSameBase(a: Base, b: Base): boolean {
  return isWindow(a)
    ? isWindow(b) && a.startMs === b.startMs
    : !isWindow(b) && a.id === b.id;
}

/** A read that went to the end of the feed. */
export interface CompleteRead {
  /** Where it began. */
  readonly from: Base;
  /** The platform's clock at its first answer, in ms since 1970. */
  readonly dateMs: number;
  /** The rows that it showed, in order. */
  readonly shown: readonly Place[];
  /** The newest row, from the settled one on, that a condition holds for; for platforms that show a row only once. */
  readonly newest: (is: (row: Place) => boolean) => Place | undefined;
}

/** The three rows that reads begin at. */
export class Bases {
  #head: Base;
  #near: Base;
  #far: Base;
  #nearReadAt = -Infinity;
  #farReadAt = -Infinity;
  readonly #timing: Timing;

  /** All three begin at `start`. */
  constructor(start: Base, timing: Timing) {
    this.#head = this.#near = this.#far = start;
    this.#timing = timing;
  }

  /** The newest row seen. */
  get head(): Base {
    return this.#head;
  }

  /** The settled row never goes beyond this one; null where it is a window. */
  get near(): Place | null {
    return isWindow(this.#near) ? null : this.#near;
  }

  /** Begins anew at `start`: the rows are no longer there. */
  reset(start: Base): void {
    this.#head = this.#near = this.#far = start;
  }

  /** The next read is from the far base: after an outage, whatever shows up now may be older than what was read. */
  farNext(): void {
    this.#farReadAt = -Infinity;
  }

  /** Where the read that begins at `now` (ms, any clock that only rises) begins; the far base covers all others. */
  next(now: number): Base {
    if (this.#farDueAt() <= now) return this.#far;
    return this.#nearDueAt() <= now ? this.#near : this.#head;
  }

  /** When the next read from the near or the far base is due. */
  dueAt(): number {
    return Math.min(this.#nearDueAt(), this.#farDueAt());
  }

  #nearDueAt(): number {
    return isSameBase(this.#near, this.#head)
      ? Infinity
      : this.#nearReadAt + this.#timing.nearEveryMs;
  }

  #farDueAt(): number {
    return isSameBase(this.#far, this.#head)
      ? Infinity
      : this.#farReadAt + this.#timing.farEveryMs;
  }

  /** A read from the head was cut; what it showed until then is seen. */
  advanceHead(from: Base, last: Place | null): void {
    if (last !== null && isSameBase(from, this.#head)) this.#head = last;
  }

  /** A read from `read.from` went to the end of the feed. `now` is of the clock that `next()` knows. */
  complete(read: CompleteRead, now: number): void {
    const { from, shown, dateMs } = read;
    const fromNear = isSameBase(from, this.#near);
    const fromFar = isSameBase(from, this.#far);
    const oldHead = this.#head;
    const repeats = isWindow(oldHead) || isSameBase(from, oldHead) ||
      shown.some((row) => row.id === oldHead.id);
    const newestOld = (ageMs: number) => {
      const isOld = (row: Place) =>
        row.micros === undefined || row.micros / 1_000 + ageMs < dateMs;
      return repeats ? shown.findLast(isOld) : read.newest(isOld);
    };
    this.#head = (repeats ? shown.at(-1) : read.newest(() => true)) ?? oldHead;
    if (fromNear) {
      this.#near = newestOld(this.#timing.nearAgeMs) ?? this.#near;
      this.#nearReadAt = now;
    }
    if (fromFar) {
      this.#far = newestOld(this.#timing.farAgeMs) ?? this.#far;
      this.#farReadAt = now;
    }
  }
}
