/**
 * What all requests wait at while the platform does not answer: one at a time probes, at the pace of a backoff, and the
 * others come through once it answers. A platform that comes back is not met by everybody at once in the middle of it.
 */
import { Bell } from "../bell.ts";
import { Backoff } from "../retry.ts";
import { isHtml } from "./answers.ts";
import { type Answer, NoAnswerError, type RequestSpec } from "./request.ts";

/** From so many failed probes on it was an outage, and not one endpoint's own trouble. */
const OUTAGE_PROBES = 2;

/** What a gate needs. */
export interface GateOptions {
  /** First bound of the wait before a probe, in milliseconds. */
  readonly backoffBaseMs: number;
  /** Longest wait before a probe. */
  readonly backoffCapMs: number;
}

/** Who wants to know what a gate learns. */
export interface GateListener {
  /** A probe failed: those who wait are not stuck. */
  onProbe(): void;
  /** The platform answers again after an outage. */
  onReopened(): void;
}

/** Whether nobody but a proxy answered. */
function isAbsent(answer: Answer): boolean {
  const { status } = answer;
  return status === 502 || status === 503 || status === 504 ||
    (status >= 200 && status < 300 && isHtml(answer));
}

/** The gate. It is open until a request gets no answer. */
export class Gate {
  readonly #backoff: Backoff;
  #listener: GateListener | undefined;
  #closed = false;
  #probing = false;
  #probeAt = 0;
  #stopped = false;
  readonly #changed = new Bell();
  readonly #reopened = new Bell();

  /** Open. */
  constructor(options: GateOptions) {
    this.#backoff = new Backoff(options.backoffBaseMs, options.backoffCapMs);
  }

  /** Tells `listener` from now on. */
  listen(listener: GateListener): void {
    this.#listener = listener;
  }

  /** Whether requests wait. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** From now on nothing waits here: at a stop everything left gets its one try. */
  stop(): void {
    this.#stopped = true;
    this.#open();
  }

  /** Forgets what was: the connections are new. */
  reset(): void {
    this.#probing = false;
    this.#open();
  }

  /** Makes a request when it may be made, and learns from what it comes to. */
  async through(
    spec: RequestSpec,
    send: () => Promise<Answer>,
  ): Promise<Answer> {
    const isProbe = await this.#pass(spec);
    let failed = false;
    try {
      const answer = await send();
      if (!spec.isAnothers) {
        failed = isAbsent(answer);
        if (!failed) this.#open();
      }
      if (failed) this.#failed(isProbe, answer.retryAfterMs);
      return answer;
    } catch (error) {
      if (error instanceof NoAnswerError) {
        // A peer may keep us waiting for as long as it likes; that no connection came about is the platform's doing.
        failed = !spec.isAnothers || !error.sent;
        if (failed) this.#failed(isProbe);
      }
      throw error;
    } finally {
      // Its end told nothing: another one probes.
      if (isProbe && !failed && this.#closed) this.#endProbe();
    }
  }

  /** Waits `ms`, or until the platform answers again after an outage. @throws the signal's reason. */
  async rest(ms: number, signal: AbortSignal): Promise<void> {
    await this.#reopened.wait(signal, ms);
  }

  async #pass(spec: RequestSpec): Promise<boolean> {
    const mayProbe = spec.purpose !== "post"; // it may be repeated without a thought
    while (this.#closed && !this.#stopped) {
      if (!mayProbe || this.#probing) {
        await this.#changed.wait(spec.signal);
        continue;
      }
      this.#probing = true;
      try {
        await this.#changed.wait(
          spec.signal,
          this.#probeAt - performance.now(),
        );
      } catch (error) {
        this.#endProbe();
        throw error;
      }
      if (this.#closed && performance.now() >= this.#probeAt) return true;
      this.#probing = false;
    }
    return false;
  }

  #failed(isProbe: boolean, retryAfterMs?: number): void {
    if (this.#stopped || (this.#closed && !isProbe)) return; // it began before the gate closed
    this.#closed = true;
    this.#probeAt = performance.now() + this.#backoff.next(retryAfterMs);
    this.#listener?.onProbe();
    this.#endProbe();
  }

  #endProbe(): void {
    this.#probing = false;
    this.#changed.ring();
  }

  #open(): void {
    const wasOutage = this.#closed && this.#backoff.failures >= OUTAGE_PROBES;
    this.#closed = false;
    this.#probing = false;
    this.#backoff.reset();
    this.#changed.ring();
    if (!wasOutage) return;
    this.#reopened.ring();
    this.#listener?.onReopened();
  }
}
