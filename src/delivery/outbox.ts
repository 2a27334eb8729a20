/**
 * Hands saved answers over until they are taken: first in, first out per recipient and conversation. An answer that
 * waits holds back later ones there, and nothing else.
 */
import type { Logger } from "../log.ts";
import { shortId } from "../short_id.ts";
import type { OutboxEntry } from "../state/state.ts";
import type { Journal } from "../state/journal.ts";
import { PeerLimit } from "./peer_limit.ts";
import type { PeerModes } from "./peer_modes.ts";
import type { PeerWaits } from "./peer_waits.ts";
import type { Posting } from "./posting.ts";

/** What an outbox needs. */
export interface OutboxOptions {
  readonly journal: Journal;
  readonly posting: Posting;
  readonly waits: PeerWaits;
  readonly modes: PeerModes;
  readonly log: Logger;
  /** Waits, or until the platform answers again after an outage; rejects when `stop` aborts. */
  readonly rest: (ms: number) => Promise<void>;
  /** Ends every wait; a request that runs goes on. */
  readonly stop: AbortSignal;
  /** Ends requests too. */
  readonly cut: AbortSignal;
  /** Told what is a bug. */
  readonly onFatal: (error: unknown) => void;
}

/** Sends what is in the outbox. */
export class Outbox {
  readonly #options: OutboxOptions;
  #workers = new Map<string, Promise<void>>();
  #waiting = new Set<string>();
  #ready: Promise<void> | undefined;
  #broken = false;
  readonly #limit: PeerLimit;
  #limiting: Promise<void> | undefined;
  /** Answers that are being tried, or given up: nothing else is done to them meanwhile. */
  #inHand = new Map<string, Promise<unknown>>();

  /** Sends nothing before the first `kick()`. */
  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#limit = new PeerLimit({
      waits: options.waits,
      modes: options.modes,
      saved: () => this.#saved(),
      asking: AbortSignal.any([options.stop, options.cut]),
    });
  }

  /** Whether every answer in the outbox was tried at least once and waits for another try. */
  get isQuiet(): boolean {
    return [...this.#options.journal.outbox.keys()].every((id) =>
      this.#waiting.has(id)
    );
  }

  #saved(): OutboxEntry[] {
    const { journal } = this.#options;
    return [...journal.outbox.values()].filter((entry) =>
      journal.isSaved(entry)
    );
  }

  /** There is something new: each recipient and conversation that has something gets a worker. */
  kick(): void {
    const { stop, cut, onFatal } = this.#options;
    this.#keepToLimit();
    for (const { lane } of this.#saved()) {
      if (stop.aborted || this.#broken || this.#workers.has(lane)) continue;
      const worker = this.#work(lane).catch((error) => {
        if (cut.aborted) return;
        this.#broken = true; // a bug must not run in circles until the connection has ended
        onFatal(error);
      }).finally(() => {
        this.#workers.delete(lane);
        if (this.#first(lane) !== undefined) this.kick(); // it came while the worker ended
      });
      this.#workers.set(lane, worker);
    }
  }

  /** Whatever is beyond what may wait for a peer is given up. */
  #keepToLimit(): void {
    const { stop, onFatal } = this.#options;
    this.#limiting ??= this.#giveUpExcess().catch((error) => {
      if (!stop.aborted) onFatal(error);
    }).finally(() => this.#limiting = undefined);
  }

  async #giveUpExcess(): Promise<void> {
    const { posting, stop, journal } = this.#options;
    for (;;) {
      const beyond = await this.#limit.next();
      if (beyond === undefined || stop.aborted) return;
      const { entry, why } = beyond;
      const inHand = this.#inHand.get(entry.id);
      if (inHand !== undefined) {
        await inHand.catch(() => {}); // its own caller is told; what is beyond the limit then is looked at anew
        continue;
      }
      const now = journal.outbox.get(entry.id);
      if (now === undefined) continue; // it arrived at last
      await this.#take(now, () => posting.giveUp(now, why));
      this.#waiting.delete(entry.id);
    }
  }

  /** Does something to an answer, and nothing else at the same time. */
  async #take<T>(entry: OutboxEntry, run: () => Promise<T>): Promise<T> {
    const running = run();
    this.#inHand.set(entry.id, running);
    try {
      return await running;
    } finally {
      this.#inHand.delete(entry.id);
    }
  }

  /** Resolves when every worker ended; after `stop` aborted. */
  async ended(): Promise<void> {
    await this.#limiting;
    while (this.#workers.size > 0) await Promise.all(this.#workers.values());
  }

  /**
   * One try for each answer, at a stop, after `ended()`; not for one whose outcome is unknown or that was asked to come
   * later. What is left stays saved.
   */
  async lastTry(): Promise<void> {
    const { posting, cut } = this.#options;
    const lanes = new Set(this.#saved().map((entry) => entry.lane));
    const tries = [...lanes].map(async (lane) => {
      for (;;) {
        const entry = this.#first(lane);
        if (entry === undefined || cut.aborted) return;
        if (!posting.mayTryLast(entry)) return;
        const verdict = await posting.try(entry);
        if (typeof verdict === "object") return; // later ones must not overtake it
      }
    });
    await Promise.all(tries).catch((error) => {
      if (!cut.aborted) throw error;
    });
  }

  #first(lane: string): OutboxEntry | undefined {
    return this.#saved().find((entry) => entry.lane === lane);
  }

  async #work(lane: string): Promise<void> {
    const { posting, stop, rest, log } = this.#options;
    await (this.#ready ??= posting.remember());
    while (!stop.aborted) {
      const entry = this.#first(lane);
      if (entry === undefined) return;
      const inHand = this.#inHand.get(entry.id);
      if (inHand !== undefined) {
        await inHand.catch(() => {}); // its own caller is told
        continue;
      }
      const verdict = await this.#take(entry, () => posting.try(entry));
      if (verdict === "removed" || verdict === "next step") {
        this.#waiting.delete(entry.id);
        continue;
      }
      log.debug("An answer waits for another try", {
        row: shortId(entry.row),
        seconds: Math.round(verdict.afterMs / 1_000),
        reason: verdict.why,
      });
      if (!verdict.inTurn) {
        if (!this.#waiting.has(entry.id) && verdict.afterMs > 0) {
          log.warn("An answer could not be delivered yet; trying on", {
            row: shortId(entry.row),
            reason: verdict.why,
          });
        }
        this.#waiting.add(entry.id);
      }
      this.#keepToLimit();
      await rest(verdict.afterMs).catch(() => {}); // aborted
    }
  }
}
