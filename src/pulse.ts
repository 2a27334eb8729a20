/** When a loop completed its last step: by that it shows that it has not got stuck. */
export class Pulse {
  #dueAt = performance.now();
  #beats = 0;

  /** A step is done; the next one is not expected before `restMs` are over. */
  beat(restMs = 0): void {
    this.#dueAt = performance.now() + restMs;
    this.#beats++;
  }

  /** How many steps were done. */
  get beats(): number {
    return this.#beats;
  }

  /** For how long the next step has been due, in milliseconds; negative while it is not. */
  get lateMs(): number {
    return performance.now() - this.#dueAt;
  }
}
