/** One turn at a time in each session; the others wait in the order in which they came. */
import { inTime } from "../../in_time.ts";

/** The sessions in which turns run or wait. */
export class Lanes {
  #last = new Map<string, Promise<void>>();

  /**
   * Waits for its turn in the lane `id`; dispose what it gives when the turn is over.
   *
   * @throws the signal's reason.
   */
  async enter(id: string, signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    const before = this.#last.get(id) ?? Promise.resolve();
    const over = Promise.withResolvers<void>();
    const last = before.then(() => over.promise);
    this.#last.set(id, last);
    const leave = () => {
      over.resolve();
      if (this.#last.get(id) === last) this.#last.delete(id);
    };
    try {
      await inTime(before, signal);
    } catch (error) {
      leave();
      throw error;
    }
    return { [Symbol.dispose]: leave };
  }
}
