/** How many messages a minute each peer may have handled. Those beyond it wait, and nobody else does. */
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

  /** `perMinute` messages of each peer; 0 for any number. */
  constructor(perMinute: number) {
    this.#perMinute = perMinute;
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
    const { tokens } = this.#filled(delivery.message.callerId, nowMs);
    return tokens >= 1
      ? -Infinity
      : nowMs + Math.ceil((1 - tokens) * MINUTE_MS / this.#perMinute);
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
