/** Does something at once, and then no more often than so often; the last time always counts. */

/** Runs `act` for the first `hit()`, and once more at the end of each pause in which there were others. */
export class Throttle {
  readonly #act: () => void;
  readonly #everyMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #again = false;
  #ended = false;

  /** Nothing is done before the first `hit()`. */
  constructor(act: () => void, everyMs: number) {
    this.#act = act;
    this.#everyMs = everyMs;
  }

  /** There is a reason to act. */
  hit(): void {
    if (this.#ended) return;
    if (this.#timer !== undefined) {
      this.#again = true;
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.#again) return;
      this.#again = false;
      this.hit();
    }, this.#everyMs);
    this.#act();
  }

  /** Nothing is done from now on. */
  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }
}
