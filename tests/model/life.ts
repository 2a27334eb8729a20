/** One process of the connector: from its start to its crash or its stop. */
import type { Connection } from "../../src/connection.ts";

/** A process. Once it is dead, nothing that it still does reaches anything. */
export class Life {
  /** When it ended, by the simulation's clock in ms; `Infinity` while it runs. */
  endedAt = Infinity;
  /** Whether it was told to stop: then everything that is left gets its one try. */
  isStopping = false;

  /** `number` counts from 1. */
  constructor(readonly number: number) {}

  /** Whether the process runs. */
  get alive(): boolean {
    return this.endedAt === Infinity;
  }

  /** The process ends. */
  end(at: number): void {
    this.endedAt = at;
  }
}

/** What nobody will ever answer. */
export function never<T>(): Promise<T> {
  return new Promise<T>(() => {});
}

/** A process, and what is known of it from outside. */
export interface Process {
  readonly life: Life;
  readonly stop: AbortController;
  connection: Connection | undefined;
}
