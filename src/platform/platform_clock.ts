/** The platform's clock, by what its answers tell. */

/**
 * What time it is there. Between answers it goes by both of our clocks: one can be set, the other one stands still while
 * the machine sleeps.
 */
export class PlatformClock {
  #told = { date: Date.now(), wall: Date.now(), mono: performance.now() };

  /** An answer told `date`, in ms since 1970; its headers came at `receivedAt` by our own clock. */
  told(date: number, receivedAt: number): void {
    const since = Date.now() - receivedAt; // a body may take long after its headers
    this.#told = {
      date,
      wall: receivedAt,
      mono: performance.now() - Math.max(since, 0),
    };
  }

  /** The time, in ms since 1970. */
  get now(): number {
    return this.#told.date + Math.max(...this.#passedMs());
  }

  /** The same, and surely not more: our own clock may have been set forward. */
  get atLeast(): number {
    return this.#told.date + Math.min(...this.#passedMs());
  }

  /** How long ago the platform told its time, by each of our clocks. */
  #passedMs(): [wall: number, mono: number] {
    const { wall, mono } = this.#told;
    return [Date.now() - wall, Math.floor(performance.now() - mono)];
  }
}
