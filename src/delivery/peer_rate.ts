/** How many messages a minute each peer may have handled. Those beyond it wait, and nobody else does. */
import { putNewest } from "../put_newest.ts";
import type { Delivery } from "./delivery.ts";

const MINUTE_MS = 60_000;
/** Beyond so many peers, those that have used up nothing are forgotten. */
const MAX_IDLE_PEERS = 1_000;

/**
 * A bucket of tokens that fills up by itself: as many as the rate at first and at most, then one each time that its share
 * of a minute has passed.
 */
interface Bucket {
  tokens: number;
  /** When `tokens` was true. */
  atMs: number;
}

/** The rates of all peers. Times are by one clock that only rises. */
export class PeerRate {
  readonly #perMinute: number;
  #buckets = new Map<string, Bucket>();
  /** Messages that have their token: one that runs again needs no other. */
  #paid = new WeakSet<Delivery>();

  readonly #onHeld: (peer: string) => void;
  /** When it was last told of a peer that its messages wait. */
  #told = new Map<string, number>();

  /** `perMinute` messages of each peer; 0 for any number. `onHeld` is told once a minute of a peer whose messages wait. */
  constructor(perMinute: number, onHeld: (peer: string) => void = () => {}) {
    this.#perMinute = perMinute;
    this.#onHeld = onHeld;
  }

  #isFree(delivery: Delivery): boolean {
    return this.#perMinute === 0 || delivery.message.origin !== "peer" ||
      this.#paid.has(delivery);
  }

  #filled(peer: string, nowMs: number): Bucket {
    const most = this.#perMinute;
    const { tokens, atMs } = this.#buckets.get(peer) ??
      { tokens: most, atMs: nowMs };
    const more = Math.max(0, nowMs - atMs) * most / MINUTE_MS;
    return { tokens: Math.min(most, tokens + more), atMs: nowMs };
  }

  /** When `delivery` may begin; a time that has passed means now. */
  readyAt(delivery: Delivery, nowMs: number): number {
    if (this.#isFree(delivery)) return -Infinity;
    const peer = delivery.message.callerId;
    const { tokens } = this.#filled(peer, nowMs);
    if (tokens >= 1) return -Infinity;
    this.#tell(peer, nowMs);
    return nowMs + Math.ceil((1 - tokens) * MINUTE_MS / this.#perMinute);
  }

  #tell(peer: string, nowMs: number): void {
    if (nowMs - (this.#told.get(peer) ?? -Infinity) < MINUTE_MS) return;
    putNewest(this.#told, peer, nowMs, MAX_IDLE_PEERS);
    this.#onHeld(peer);
  }

  /** `delivery` begins. */
  take(delivery: Delivery, nowMs: number): void {
    if (this.#isFree(delivery)) return;
    const peer = delivery.message.callerId;
    const bucket = this.#filled(peer, nowMs);
    // Rounding must not make one wait for a token that is there but for a hair.
    bucket.tokens = Math.max(0, bucket.tokens - 1);
    this.#buckets.set(peer, bucket);
    this.#paid.add(delivery);
    if (this.#buckets.size > MAX_IDLE_PEERS) this.#forgetFull(nowMs);
  }

  #forgetFull(nowMs: number): void {
    for (const peer of this.#buckets.keys()) {
      const { tokens } = this.#filled(peer, nowMs);
      if (tokens >= this.#perMinute) this.#buckets.delete(peer);
    }
  }
}
