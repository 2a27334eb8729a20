/** A wait that can be ended early, by whoever has something to tell. */
import { MAX_TIMER_MS } from "./duration.ts";

/** Wakes everybody who waits for it. */
export class Bell {
  #waiting = new Set<() => void>();

  /** Wakes all who wait now. */
  ring(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Waits until it rings, or for `ms` where that is shorter. @throws the signal's reason if that aborts first. */
  wait(signal: AbortSignal, ms: number = Infinity): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (signal.aborted) {
      reject(signal.reason);
      return promise;
    }
    const timer = ms === Infinity
      ? undefined
      : setTimeout(() => wake(), Math.min(Math.max(ms, 0), MAX_TIMER_MS));
    // Nothing stays behind: the signal, and the bell, live for weeks.
    const leave = () => {
      clearTimeout(timer);
      this.#waiting.delete(wake);
      signal.removeEventListener("abort", onAbort);
    };
    const wake = () => {
      leave();
      resolve();
    };
    const onAbort = () => {
      leave();
      reject(signal.reason);
    };
    this.#waiting.add(wake);
    signal.addEventListener("abort", onAbort, { once: true });
    return promise;
  }
}
