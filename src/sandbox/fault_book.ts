/**
 * Which faults are in force.
 *
 * @module
 */
import type { Endpoint } from "./endpoint.ts";
import type { Fault } from "./faults.ts";
import type { RecordedRequest } from "./recorder.ts";

/** When a fault applies. */
export interface FaultOptions {
  /**
   * For how many requests; `Infinity` until it is removed.
   *
   * @default {1}
   */
  readonly times?: number | undefined;
  /** Only for these requests. */
  readonly when?: ((request: RecordedRequest) => boolean) | undefined;
}

/** A fault in force. */
export class ScriptedFault implements Disposable {
  readonly #endpoint: Endpoint | "any";
  readonly #fault: Fault;
  readonly #when: (request: RecordedRequest) => boolean;
  #left: number;
  #hits = 0;

  /** Made by `sandbox.fault()`. */
  constructor(
    endpoint: Endpoint | "any",
    fault: Fault,
    options: FaultOptions,
  ) {
    this.#endpoint = endpoint;
    this.#fault = fault;
    this.#when = options.when ?? (() => true);
    this.#left = options.times ?? 1;
  }

  /** How many requests it has spoilt. */
  get hits(): number {
    return this.#hits;
  }

  /** Whether it will spoil no more. */
  get spent(): boolean {
    return this.#left <= 0;
  }

  /** Ends it. */
  remove(): void {
    this.#left = 0;
  }

  /** The same. */
  [Symbol.dispose](): void {
    this.remove();
  }

  /** The fault, if it applies to `request`; counts it. */
  take(request: RecordedRequest): Fault | undefined {
    const applies = !this.spent &&
      (this.#endpoint === "any" || this.#endpoint === request.endpoint) &&
      this.#when(request);
    if (!applies) return undefined;
    this.#left--;
    this.#hits++;
    return this.#fault;
  }
}

/** The faults of a sandbox, in the order in which they were scripted. */
export class FaultBook {
  #faults: ScriptedFault[] = [];

  /** Adds one. */
  add(fault: ScriptedFault): void {
    this.#faults = this.#faults.filter((known) => !known.spent);
    this.#faults.push(fault);
  }

  /** The first fault that applies to a request. */
  take(request: RecordedRequest): Fault | undefined {
    for (const scripted of this.#faults) {
      const fault = scripted.take(request);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  /** Ends all. */
  clear(): void {
    for (const fault of this.#faults) fault.remove();
    this.#faults = [];
  }
}
