/** The processes that a back end under test told of: all of them have to be gone in the end. */
import type { StartedChild } from "../backends/backend.ts";
import { type ProcessFacts, processFacts } from "../os/process_facts.ts";

/** Between two looks whether a process is gone, in milliseconds. */
const LOOK_EVERY_MS = 20;

/** Processes that were started. */
export class StartedChildren {
  readonly #facts = new Map<number, Promise<ProcessFacts | undefined>>();
  readonly #open = new Set<number>();
  /** Called when one is started. */
  onStarted: () => void = () => {};

  /** One was started. */
  started(pid: number): StartedChild {
    const facts = processFacts(pid);
    this.#facts.set(pid, facts);
    this.#open.add(pid);
    this.onStarted();
    return {
      saved: facts.then(() => {}),
      [Symbol.dispose]: () => void this.#open.delete(pid),
    };
  }

  /** The pids of those that still run after so many milliseconds, or that were not disposed of. */
  async left(withinMs: number): Promise<number[]> {
    const until = performance.now() + withinMs;
    for (;;) {
      const running = [];
      for (const [pid, facts] of this.#facts) {
        const { started } = await facts ?? {};
        const now = await processFacts(pid);
        if (now !== undefined && now.started === started) running.push(pid);
      }
      const left = [...new Set([...running, ...this.#open])];
      if (left.length === 0 || performance.now() > until) return left;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }
}
