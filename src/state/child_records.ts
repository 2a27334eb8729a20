/** The processes of back ends: kept while they run, so that the next start can end what a crash leaves of them. */
import type { StartedChild } from "../backends/backend.ts";
import { reached } from "../crash_points.ts";
import { isPid, processFacts } from "../os/process_facts.ts";
import type { Journal } from "./journal.ts";
import type { SavedChild } from "./state.ts";

/** Keeps processes in the journal. */
export class ChildRecords {
  readonly #journal: Journal;
  readonly #onFatal: (error: unknown) => void;
  #saving = new Set<Promise<void>>();
  #ended = false;

  /** `onFatal` is told what is a bug, or a disk that failed to the end. */
  constructor(journal: Journal, onFatal: (error: unknown) => void) {
    this.#journal = journal;
    this.#onFatal = onFatal;
  }

  /**
   * Keeps a process that was started for `row`. A crash before it is saved leaves it unkept: on Linux the turn's id,
   * which was saved before the process began, is in its environment and finds it all the same.
   *
   * @throws {RangeError} if `pid` is none that may be signalled.
   */
  started(pid: number, row: string): StartedChild {
    if (!isPid(pid)) {
      throw new RangeError(`${pid} is not the pid of a child process`);
    }
    const { children } = this.#journal;
    let child: SavedChild | undefined;
    let ended = false;
    const save = async () => {
      const facts = await processFacts(pid);
      // A process that nobody could tell from a later one of the same pid is not kept.
      if (ended || this.#ended || facts === undefined) return;
      child = { pid, started: facts.started, row };
      children.add(child);
      await this.#journal.commit();
      reached("child saved");
    };
    const saved = save().catch(this.#onFatal).finally(() =>
      this.#saving.delete(saved)
    );
    this.#saving.add(saved);
    return {
      saved,
      // Counts with the next commit: until then its start time guards a later process of its pid.
      [Symbol.dispose]: () => {
        ended = true;
        if (child !== undefined) children.delete(child);
      },
    };
  }

  /** Keeps no more; resolves when no write is under way. */
  async ended(): Promise<void> {
    this.#ended = true;
    await Promise.all(this.#saving);
  }
}
