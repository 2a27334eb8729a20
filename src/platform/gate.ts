/**
 * What all requests wait at while the platform does not answer: one at a time probes, at the pace of a backoff, and the
 * others come through once it answers. A platform that comes back is not met by everybody at once in the middle of it.
 */
import { Bell } from "../bell.ts";
import { Backoff } from "../retry.ts";
import { isHtml, jsonObject } from "./answers.ts";
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

/** Whether nobody but a proxy answered. What the platform says itself is one endpoint's own matter. */
function isAbsent(answer: Answer): boolean {
  const { status } = answer;
  if (status === 502 || status === 503 || status === 504) {
    return jsonObject(answer) === undefined;
  }
  return status >= 200 && status < 300 && isHtml(answer);
}

/** The gate. It is open until a request gets no answer. */
export class Gate {
  readonly #backoff: Backoff;
  #listener: GateListener | undefined;
  #closed = false;
  /** The request that probes. */
  #probe: symbol | undefined;
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
    this.#open();
  }

  /** Makes a request when it may be made, and learns from what it comes to. */
  async through(
    spec: RequestSpec,
    send: () => Promise<Answer>,
  ): Promise<Answer> {
    const probe = await this.#pass(spec);
    let failed = false;
    try {
      const answer = await send();
      if (!spec.isAnothers) {
        failed = isAbsent(answer);
        if (!failed) this.#open();
      }
      if (failed) this.#failed(probe);
      return answer;
    } catch (error) {
      if (error instanceof NoAnswerError) {
        // A peer may keep us waiting for as long as it likes; that no connection came about is the platform's doing.
        failed = !spec.isAnothers || !error.sent;
        if (failed) this.#failed(probe);
      }
      throw error;
    } finally {
      // Its end told nothing: another one probes.
      if (probe !== undefined && !failed) this.#endProbe(probe);
    }
  }

  /** Waits `ms`, or until the platform answers again after an outage. @throws the signal's reason. */
  async rest(ms: number, signal: AbortSignal): Promise<void> {
    await this.#reopened.wait(signal, ms);
  }

  /** Resolves when a request may be made: with a token where it is the one that probes. */
  async #pass(spec: RequestSpec): Promise<symbol | undefined> {
    const mayProbe = spec.purpose !== "post"; // it may be repeated without a thought
    while (this.#closed && !this.#stopped) {
      if (!mayProbe || this.#probe !== undefined) {
        await this.#changed.wait(spec.signal);
        continue;
      }
      const probe = this.#probe = Symbol();
      try {
        await this.#changed.wait(
          spec.signal,
          this.#probeAt - performance.now(),
        );
      } catch (error) {
        this.#endProbe(probe);
        throw error;
      }
      if (this.#probe === probe && performance.now() >= this.#probeAt) {
        return probe;
      }
      if (this.#probe === probe) this.#probe = undefined;
    }
    return undefined;
  }

  #failed(probe: symbol | undefined): void {
    // One that began before the gate closed, or that is the probe no more, tells nothing new.
    if (this.#stopped || (this.#closed && this.#probe !== probe)) return;
    if (this.#closed && probe === undefined) return;
    this.#closed = true;
    this.#probeAt = performance.now() + this.#backoff.next();
    this.#listener?.onProbe();
    this.#endProbe(probe);
  }

  #endProbe(probe: symbol | undefined): void {
    if (this.#probe === probe) this.#probe = undefined;
    this.#changed.ring();
  }

  #open(): void {
    const wasOutage = this.#closed && this.#backoff.failures >= OUTAGE_PROBES;
    this.#closed = false;
    this.#probe = undefined;
    this.#backoff.reset();
    this.#changed.ring();
    if (!wasOutage) return;
    this.#reopened.ring();
    this.#listener?.onReopened();
  }
}
