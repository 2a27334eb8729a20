/**
 * Which epoch of its session each conversation is in. A new epoch is a new session: the agent begins without memory. An
 * epoch is named by the time when it began, so that none comes twice, also where a state was lost.
 */
import type { State } from "./state.ts";

/** Of so many conversations it is known that they began an epoch of their own; senders choose how many there are. */
const MAX_CONVERSATIONS = 1_000;
/** A conversation in which nothing was said for so long is forgotten. */
const LIFE_MS = 30 * 24 * 3_600_000;

/** The epochs of one workspace's conversations. Changes count with the next commit. */
export class Epochs {
  #newest: number;
  #all: number;
  /** By lane, the one that was used longest ago first. */
  #own: Map<string, readonly [epoch: number, usedAtMs: number]>;

  /** As a state names them. */
  constructor(saved: State["epochs"]) {
    this.#newest = saved?.newest ?? 0;
    this.#all = saved?.all ?? 0;
    this.#own = new Map(Object.entries(saved?.own ?? {}));
  }

  /** The epoch of the conversation `lane`; 0 for the first one. */
  of(lane: string): number {
    return this.#own.get(lane)?.[0] ?? this.#all;
  }

  /** Every conversation begins a new epoch. */
  beginAll(nowMs: number): void {
    this.#all = this.#next(nowMs);
    this.#own.clear();
  }

  /** The conversation `lane` begins a new epoch. */
  begin(lane: string, nowMs: number): void {
    this.#put(lane, this.#next(nowMs), nowMs);
  }

  #next(nowMs: number): number {
    return this.#newest = Math.max(this.#newest + 1, nowMs);
  }

  /** Something was said in the conversation `lane`. */
  used(lane: string, nowMs: number): void {
    const own = this.#own.get(lane);
    if (own !== undefined) this.#put(lane, own[0], nowMs);
  }

  #put(lane: string, epoch: number, nowMs: number): void {
    this.#own.delete(lane);
    this.#own.set(lane, [epoch, nowMs]);
    for (const [oldest, [, usedAtMs]] of this.#own) {
      const isOld = usedAtMs < nowMs - LIFE_MS;
      if (!isOld && this.#own.size <= MAX_CONVERSATIONS) break;
      this.#own.delete(oldest);
    }
  }

  /** What the state says of them; undefined while no epoch but the first one was begun. */
  snapshot(): State["epochs"] {
    return this.#newest === 0 ? undefined : {
      newest: this.#newest,
      all: this.#all,
      own: Object.fromEntries(this.#own),
    };
  }
}
