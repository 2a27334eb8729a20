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

/** A read that has ended: at the end of the feed, or where nothing more could be taken in, or where it was cut. */
export interface EndedRead {
  /** Where it began. */
  readonly from: Base;
  /** Whether it went to the end of the feed. */
  readonly complete: boolean;
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

  /** They begin at `start`, but for the far base where an earlier process left one that is older. */
  constructor(start: Base, timing: Timing, far: Base = start) {
    this.#head = this.#near = start;
    this.#far = far;
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

  /** Where the rarest reads begin: rows from there on can be brought again. */
  get far(): Base {
    return this.#far;
  }

  /**
   * Begins anew at the window `start`: the rows are no longer there. Where the far base was older, it begins there: what
   * shows up behind the newer rows must still be found.
   */
  reset(start: Window): void {
    const far = isWindow(this.#far)
      ? this.#far.startMs
      : (this.#far.micros ?? Infinity) / 1_000;
    this.#head = this.#near = start;
    this.#far = far < start.startMs ? { startMs: far } : start;
    this.#nearReadAt = this.#farReadAt = -Infinity;
  }

  /** The next read is from the far base: after an outage, whatever shows up now may be older than what was read. */
  farNext(): void {
    this.#farReadAt = -Infinity;
  }

  /**
   * Where the read that begins at `now` (ms, any clock that only rises) begins. A failed one is not repeated before the
   * next is due, so that requests stay bounded.
   */
  next(now: number): Base {
    const from = this.#farDueAt() <= now
      ? this.#far
      : this.#nearDueAt() <= now
      ? this.#near
      : this.#head;
    if (isSameBase(from, this.#near)) this.#nearReadAt = now;
    if (isSameBase(from, this.#far)) this.#farReadAt = now;
    return from;
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

  /** A window turned out to hold more than may wait: it is read on from its oldest row, which is here now. */
  replace(window: Window, oldest: Place): void {
    if (isSameBase(window, this.#head)) this.#head = oldest;
    if (isSameBase(window, this.#near)) this.#near = oldest;
    if (isSameBase(window, this.#far)) this.#far = oldest;
  }

  /**
   * A read has ended. It moves the base that it was made from to the newest row it showed that is old enough: what
   * stands before that one was shown too, also where the read did not come to the end of the feed.
   */
  ended(read: EndedRead): void {
    const { from, complete, shown, dateMs } = read;
    const head = this.#head;
    const fromNear = isSameBase(from, this.#near);
    const fromFar = isSameBase(from, this.#far);
    const reachedHead = isWindow(head) || isSameBase(from, head) ||
      shown.some((row) => row.id === head.id);
    // A platform that shows a row only once leaves the head out although the read went to the end.
    const showsOnce = complete && !reachedHead;
    if (showsOnce) this.#head = read.newest(() => true) ?? head;
    else if (reachedHead) this.#head = shown.at(-1) ?? head;
    const newestOld = (ageMs: number) => {
      const isOld = (row: Place) =>
        row.micros === undefined || row.micros / 1_000 + ageMs < dateMs;
      return showsOnce ? read.newest(isOld) : shown.findLast(isOld);
    };
    if (fromNear) this.#near = newestOld(this.#timing.nearAgeMs) ?? this.#near;
    if (fromFar) this.#far = newestOld(this.#timing.farAgeMs) ?? this.#far;
  }
}
