/**
 * Which epoch of its session each conversation is in. A new epoch is a new session: the agent begins without memory. An
 * epoch is named by the time when it began, so that none comes twice, also where a state was lost.
 */
import type { OwnEpoch, State } from "./state.ts";

/** Of so many conversations it is known that they began an epoch of their own; senders choose how many there are. */
const MAX_CONVERSATIONS = 1_000;
/** A conversation in which nothing was said for so long is forgotten. */
const LIFE_MS = 30 * 24 * 3_600_000;

/** The epochs of one workspace's conversations. Changes count with the next commit. */
export class Epochs {
  #newest: number;
  #all: number;
  /** By lane, the one that was used longest ago first. */
  #own: Map<string, OwnEpoch>;

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

  /** The conversation `lane` of `sender`, a short name, begins a new epoch. */
  begin(lane: string, nowMs: number, sender = ""): void {
    this.#put(lane, [this.#next(nowMs), nowMs, sender]);
  }

  #next(nowMs: number): number {
    return this.#newest = Math.max(this.#newest + 1, nowMs);
  }

  /** Something was said in the conversation `lane`. */
  used(lane: string, nowMs: number): void {
    const own = this.#own.get(lane);
    if (own === undefined) return;
    const [epoch, , ...sender] = own;
    this.#put(lane, [epoch, nowMs, ...sender]);
  }

  #put(lane: string, own: OwnEpoch): void {
    this.#own.delete(lane);
    this.#own.set(lane, own);
    const [, nowMs] = own;
    for (const [oldest, [, usedAtMs]] of this.#own) {
      if (usedAtMs >= nowMs - LIFE_MS) break;
      this.#own.delete(oldest);
    }
    if (this.#own.size > MAX_CONVERSATIONS) this.#dropOne();
  }

  /** Of the sender with the most conversations the one used longest ago: nobody pushes out those of others. */
  #dropOne(): void {
    const counts = new Map<string, number>();
    for (const [, , sender = ""] of this.#own.values()) {
      counts.set(sender, (counts.get(sender) ?? 0) + 1);
    }
    const most = Math.max(...counts.values());
    for (const [lane, [, , sender = ""]] of this.#own) {
      if (counts.get(sender) !== most) continue;
      this.#own.delete(lane);
      return;
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
