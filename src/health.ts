/** How a loop is doing, as it changes. */
import type { LoopHealth } from "./connection.ts";
import { reason } from "./errors.ts";

/** The health of one loop. */
export class Health {
  /** Whether the loop goes on. */
  running = true;
  #lastGoodAt: number | undefined;
  #failures = 0;
  #lastError: string | undefined;

  /** Whether the last try was good; false before the first. */
  get isGood(): boolean {
    return this.#lastGoodAt !== undefined && this.#failures === 0;
  }

  /** A try was good. Returns whether the one before it was not. */
  good(): boolean {
    const recovered = this.#failures > 0;
    this.#lastGoodAt = Date.now();
    this.#failures = 0;
    this.#lastError = undefined;
    return recovered;
  }

  /** A try failed. Returns whether it is the first one after a good one. */
  bad(error: unknown): boolean {
    this.#lastError = reason(error);
    return this.#failures++ === 0;
  }

  /** What there is to show. */
  snapshot(): LoopHealth {
    return {
      running: this.running,
      lastGoodAt: this.#lastGoodAt,
      failures: this.#failures,
      lastError: this.#lastError,
    };
  }
}
