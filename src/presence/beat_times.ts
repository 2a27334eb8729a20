/** When a beat goes out: by the timer, and earlier where there is something to tell. What was told is known here, too. */
import { Bell } from "../bell.ts";
import type { Gate } from "../platform/gate.ts";
import type { Heartbeat } from "../platform/wire.ts";
import type { Timing } from "../timing.ts";
import type { Presence } from "./presence.ts";

/** What is needed to tell when a beat is due. */
export interface BeatTimesOptions {
  readonly presence: Pick<Presence, "beat" | "beatNow" | "onChange">;
  readonly gate: Pick<Gate, "rest">;
  readonly timing: Pick<Timing, "beatMergeMs" | "beatGapMs" | "tightBeatGapMs">;
  /** Whether the platform has room for requests that could be left out. */
  readonly hasRoom: () => boolean;
}

/** Why the platform cannot be told what is going on. */
export class NotToldError extends Error {
  /** The class's name. */
  override readonly name = "NotToldError";
}

/**
 * Whether `now` tells what is worth a beat of its own after `told`. One more message that waits is not: people see the
 * number only together with another current task.
 */
function isNews(told: Heartbeat, now: Heartbeat): boolean {
  return now.active_tasks < told.active_tasks ||
    now.current_task !== told.current_task ||
    now.sample_error !== told.sample_error ||
    now.error_rate !== told.error_rate;
}

/** Knows when the next beat is due, and what the last ones said. */
export class BeatTimes {
  readonly #options: BeatTimesOptions;
  /** Rings when a beat may be due earlier than it was. */
  readonly #news = new Bell();
  /** Rings when the platform took a beat or refused one. */
  readonly #answered = new Bell();
  /** What the newest beat says that was sent, whatever became of it, and when. */
  #sent: Heartbeat | undefined;
  #sentAt = -Infinity;
  #beats = 0;
  /** Whether that one was taken; undefined while it is under way. */
  #taken: boolean | undefined;
  /** A beat is asked for, whether anything changed or not. */
  #isAskedFor = false;

  /** Listens to what changes. */
  constructor(options: BeatTimesOptions) {
    this.#options = options;
    options.presence.onChange((now) => {
      this.#isAskedFor ||= now;
      this.#news.ring();
    });
  }

  /** The beat that is sent now. */
  next(): Heartbeat {
    this.#isAskedFor = false;
    this.#sent = this.#options.presence.beat();
    this.#sentAt = performance.now();
    this.#beats++;
    this.#taken = undefined;
    return this.#sent;
  }

  /** The platform took that beat, or it did not arrive. */
  answered(taken: boolean): void {
    this.#taken = taken;
    this.#answered.ring();
  }

  /** Waits after a beat that was taken until the next one is due, at most `ms`. @throws the signal's reason. */
  async rest(ms: number, signal: AbortSignal): Promise<void> {
    const until = performance.now() + ms;
    let changedAt: number | undefined;
    for (;;) {
      if (this.#isAskedFor) return;
      const now = performance.now();
      const isNew = this.#sent !== undefined &&
        isNews(this.#sent, this.#options.presence.beat());
      changedAt = isNew ? changedAt ?? now : undefined;
      const at = changedAt === undefined
        ? until
        : Math.min(until, this.#mayTellAt(changedAt));
      if (at <= now || await this.#pause(at - now, signal)) return;
    }
  }

  #mayTellAt(changedAt: number): number {
    const { timing, hasRoom } = this.#options;
    const gapMs = hasRoom() ? timing.beatGapMs : timing.tightBeatGapMs;
    return Math.max(changedAt + timing.beatMergeMs, this.#sentAt + gapMs);
  }

  /** Waits; whether the time is over, or the platform is back after an outage. Else there are news. */
  async #pause(ms: number, signal: AbortSignal): Promise<boolean> {
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    try {
      return await Promise.race([
        this.#options.gate.rest(ms, either).then(() => true),
        this.#news.wait(either).then(() => false),
      ]);
    } finally {
      over.abort();
    }
  }

  /**
   * Resolves when the last beat that the platform took says that something is going on; a beat is asked for where it
   * does not.
   *
   * @throws {NotToldError} where a beat is not taken, or nothing is going on any more.
   * @throws the signal's reason.
   */
  async untilTold(signal: AbortSignal): Promise<void> {
    let askedAt: number | undefined;
    for (;;) {
      signal.throwIfAborted();
      if (this.#taken === false) {
        throw new NotToldError("heartbeats are not taken at the moment");
      }
      // While one is under way that says otherwise, nobody knows what the platform believes.
      const isSaid = this.#sent !== undefined && this.#sent.current_task !== "";
      if (isSaid && this.#taken) return;
      if (!isSaid && askedAt === undefined) {
        askedAt = this.#beats;
        this.#options.presence.beatNow();
      } else if (
        !isSaid && this.#taken && this.#beats > (askedAt ?? Infinity)
      ) {
        throw new NotToldError("nothing is going on any more");
      }
      await this.#answered.wait(signal);
    }
  }
}
