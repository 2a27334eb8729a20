/** Tells the platform which files were handled, beside everything else. What a crash leaves untold expires by itself. */
import { delay } from "@std/async/delay";
import { reached } from "../crash_points.ts";
import { ConnectError, reason } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { FilesClient } from "../platform/files_client.ts";
import { Backoff } from "../retry.ts";
import type { Timing } from "../timing.ts";

/** So often each one is tried. */
const TRIES = 3;

/** What acknowledging needs. */
export interface AcksOptions {
  readonly client: Pick<FilesClient, "acknowledge">;
  readonly timing: Pick<Timing, "backoffBaseMs" | "backoffCapMs">;
  readonly log: Logger;
  /** Ends the waits between tries. */
  readonly stop: AbortSignal;
  /** Ends requests too. */
  readonly cut: AbortSignal;
  /** Told what is a bug. */
  readonly onFatal: (error: unknown) => void;
}

/** Acknowledges files. */
export class Acks {
  readonly #options: AcksOptions;
  #running: Promise<void> = Promise.resolve();
  #waiting = 0;

  /** Nothing to tell yet. */
  constructor(options: AcksOptions) {
    this.#options = options;
  }

  /** Whether nothing is left to tell. */
  get isQuiet(): boolean {
    return this.#waiting === 0;
  }

  /** Tells that these uploads were handled, one after the other. */
  add(uploads: readonly string[]): void {
    for (const id of uploads) {
      this.#waiting++;
      this.#running = this.#running.then(() => this.#tell(id)).catch(
        this.#options.onFatal,
      ).finally(() => this.#waiting--);
    }
  }

  /** Resolves when nothing runs any more; after `stop` aborted each one that is left gets one try. */
  async ended(): Promise<void> {
    await this.#running;
  }

  async #tell(id: string): Promise<void> {
    const { client, timing, log, stop, cut } = this.#options;
    const backoff = new Backoff(timing.backoffBaseMs, timing.backoffCapMs);
    for (let left = TRIES; !cut.aborted; left--) {
      try {
        await client.acknowledge(id, cut);
        reached("file acknowledged");
        return;
      } catch (error) {
        if (cut.aborted) return;
        if (!(error instanceof ConnectError)) throw error;
        if (left === 1 || stop.aborted) {
          log.info("The platform was not told that a file was handled", {
            ...{ file: id, reason: reason(error) },
          });
          return;
        }
        await delay(backoff.next(), { signal: stop }).catch(() => {}); // one last try at a stop
      }
    }
  }
}
