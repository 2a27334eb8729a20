/** The processes of one run of a turn: they are kept while they run, and a run without an answer leaves none. */
import type { StartedChild } from "../backends/backend.ts";
import type { Logger } from "../log.ts";
import type { ChildRecords } from "../state/child_records.ts";
import type { Timing } from "../timing.ts";
import { endLeftOvers } from "./left_overs.ts";

/** What is needed to keep and to end them. */
export interface TurnProcessesOptions {
  readonly children: ChildRecords;
  readonly timing: Timing;
  readonly log: Logger;
}

/** The processes of one run. */
export class TurnProcesses {
  /** Names the run in the environment of its processes. */
  readonly turnId: string = crypto.randomUUID();

  readonly #options: TurnProcessesOptions;
  readonly #row: string;
  #any = false;

  /** None was started yet. */
  constructor(options: TurnProcessesOptions, row: string) {
    this.#options = options;
    this.#row = row;
  }

  /** Keeps one that the back end started. */
  readonly started = (pid: number): StartedChild => {
    this.#any = true;
    return this.#options.children.started(pid, this.#row);
  };

  /**
   * Ends what is left of them, where it can be found; whether nothing is. For a run that failed or was cut: it runs
   * again, or its sender was told that there is no answer. What a run with an answer leaves may be meant to stay.
   */
  async end(): Promise<boolean> {
    if (!this.#any) return true;
    const turns = new Map([[this.turnId, this.#row]]);
    return (await endLeftOvers({ ...this.#options, turns, children: [] }))
      .length === 0;
  }
}
