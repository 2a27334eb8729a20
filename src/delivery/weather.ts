/** A back end that is overloaded or out of quota: how long it pauses, and whether that is worth telling. */
import type { BackendError } from "../errors.ts";
import { Backoff } from "../retry.ts";
import type { Timing } from "../timing.ts";

/** A back end that asks for less names no limit, but when it is tried again: that is no promise to a sender. */
const LIMIT_MS = 5 * 60_000;
/** A limit that is lifted later than this is not waited for. */
const MAX_PAUSE_MS = 6 * 3_600_000;
/** So many times others are answered between a message's failures before its overload is taken for its own. */
const ANSWERS_BETWEEN = 3;

/** The weather at one back end. */
export class Weather {
  readonly #timing: Pick<Timing, "weatherMs" | "weatherTellMs">;
  readonly #backoff: Backoff;
  readonly #mostBetween: number;
  /** How many turns were answered. */
  #answers = 0;
  /** By message that met it: after how many answers it did last, and how often there was one since the time before. */
  readonly #met = new WeakMap<WeakKey, { answers: number; between: number }>();
  /** When it began, by `performance.now()`; undefined while all is well. */
  #began: number | undefined;
  #isLong = false;
  /** When the limit is lifted, in ms since 1970; undefined where the back end named none. */
  #until: number | undefined;

  /** All is well. `concurrency` is how many turns may run beside each other. */
  constructor(
    timing: Pick<Timing, "weatherMs" | "weatherTellMs">,
    concurrency: number,
  ) {
    this.#timing = timing;
    // A limit on requests answers some of those that run beside each other and refuses the rest: that is no proof yet.
    this.#mostBetween = ANSWERS_BETWEEN + concurrency - 1;
    this.#backoff = new Backoff(...timing.weatherMs);
  }

  /** How long to pause after `error`, in milliseconds; undefined where that is longer than anybody should wait. */
  pauseMs({ retryAfterMs: asked = 0 }: BackendError): number | undefined {
    if (asked > MAX_PAUSE_MS) return undefined;
    const { weatherMs, weatherTellMs } = this.#timing;
    // A back end that names no time, or a strange one, is not asked again at once.
    const ms = asked > 0 ? asked : Math.max(this.#backoff.next(), weatherMs[0]);
    const now = performance.now();
    this.#began ??= now;
    this.#isLong = now + ms - this.#began >= weatherTellMs;
    this.#until = asked >= LIMIT_MS ? Date.now() + asked : undefined;
    return ms;
  }

  /**
   * `message` met an overload: whether it is its own, because others were answered between its failures again and again.
   * Any sender could hold everybody back otherwise, with a message that the back end refuses in the words of an overload.
   */
  isOnlyOf(message: WeakKey): boolean {
    const before = this.#met.get(message);
    const isBetween = before !== undefined && before.answers < this.#answers;
    const between = (before?.between ?? 0) + (isBetween ? 1 : 0);
    this.#met.set(message, { answers: this.#answers, between });
    return isBetween && between >= this.#mostBetween;
  }

  /** How long such a message waits, and its conversation with it, in milliseconds. */
  ownPauseMs({ retryAfterMs: asked = 0 }: BackendError): number {
    const [first, cap] = this.#timing.weatherMs;
    return asked > first ? Math.min(asked, cap) : first;
  }

  /** A turn was answered. */
  answered(): void {
    this.#answers++;
    this.clear();
  }

  /** A turn ended in another way than an overload: the back end takes messages again. */
  clear(): void {
    this.#backoff.reset();
    this.#began = undefined;
    this.#isLong = false;
  }

  /** Whether it has lasted, or will, so long that whoever waits is told. */
  get isLong(): boolean {
    return this.#isLong;
  }

  /** When the limit is lifted, in ms since 1970; undefined where that is not known. */
  get untilMs(): number | undefined {
    return this.#until;
  }
}
