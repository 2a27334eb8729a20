/**
 * Waiting for something to become true in the sandbox, without polling.
 *
 * @module
 */

// Taken before any test puts a fake clock in: the safety net below must not fire on fake time.
const { setTimeout, clearTimeout } = globalThis;

/** How long a wait lasts before it is given up, unless the caller says otherwise. */
const DEFAULT_TIMEOUT_MS = 30_000;

/** How a wait ends early. */
export interface WaitOptions {
  /** Ends the wait with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Real milliseconds after which the wait is given up, so that a wrong expectation fails its test and does not hang
   * it; `Infinity` for never.
   *
   * @default {30000}
   */
  readonly timeoutMs?: number | undefined;
  /** What is waited for, for the error's text. */
  readonly what?: string | undefined;
}

/** Tells waiters when the state has changed. */
export class Changes {
  readonly #waiters = new Set<() => void>();

  /** Looks again at everything that is waited for. */
  notify(): void {
    for (const check of [...this.#waiters]) check();
  }

  /**
   * Resolves with the first value of `predicate` that is neither false, null nor undefined; it is asked now and after
   * every change.
   */
  waitFor<T>(
    predicate: () => T | false | null | undefined,
    options: WaitOptions = {},
  ): Promise<T> {
    const { signal, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
    const what = options.what ?? "what was waited for";
    return new Promise<T>((resolve, reject) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const end = () => {
        this.#waiters.delete(check);
        clearTimeout(timer);
        signal?.removeEventListener("abort", aborted);
      };
      const fail = (error: unknown) => {
        end();
        reject(error);
      };
      const aborted = () => fail(signal?.reason);
      const check = () => {
        let value: T | false | null | undefined;
        try {
          value = predicate();
        } catch (error) {
          fail(error);
          return;
        }
        if (value === false || value === null || value === undefined) return;
        end();
        resolve(value);
      };
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      this.#waiters.add(check);
      signal?.addEventListener("abort", aborted);
      if (timeoutMs !== Infinity) {
        timer = setTimeout(
          () => fail(new Error(`${what} did not happen in ${timeoutMs} ms`)),
          timeoutMs,
        );
      }
      check();
    });
  }
}
