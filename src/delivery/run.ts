/** One handling of a message, as whoever may stop it sees it. */
import { TurnStopped } from "./turn.ts";

/** A message that is being handled. */
export class Run {
  readonly #stop = new AbortController();
  #settled = false;

  /** Aborts with a `TurnStopped`. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Whether it was stopped: the message is finished already, and what becomes of it here is dropped. */
  get isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Its outcome is certain, and is being saved: no Stop comes in time any more. False where one came before. */
  settle(): boolean {
    if (this.isStopped) return false;
    this.#settled = true;
    return true;
  }

  /** Stops it. False where that comes too late. */
  stop(): boolean {
    if (this.#settled || this.isStopped) return false;
    this.#stop.abort(new TurnStopped("The message was stopped by its sender"));
    return true;
  }
}
