/** A back end that is overloaded or out of quota: how long it pauses, and whether that is worth telling. */
import type { BackendError } from "../errors.ts";
import { Backoff } from "../retry.ts";
import type { Timing } from "../timing.ts";

/** A limit that is lifted later than this is not waited for. */
const MAX_PAUSE_MS = 6 * 3_600_000;

/** The weather at one back end. */
export class Weather {
  readonly #timing: Pick<Timing, "weatherMs" | "weatherTellMs">;
  readonly #backoff: Backoff;
  /** When it began, by `performance.now()`; undefined while all is well. */
  #began: number | undefined;
  #isLong = false;
  /** When the limit is lifted, in ms since 1970; undefined where the back end did not say. */
  #until: number | undefined;

  /** All is well. */
  constructor(timing: Pick<Timing, "weatherMs" | "weatherTellMs">) {
    this.#timing = timing;
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
    this.#until = asked > 0 ? Date.now() + asked : undefined;
    return ms;
  }

  /** A turn ended in another way: the back end takes messages again. */
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
