/**
 * Tells the platform, for each message of a person, that it was picked up. The chat then waits for as long as a current
 * task is told, whatever number of questions is open; so each receipt comes after a beat that tells one.
 */
import { inTime } from "../in_time.ts";
import { reason } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { PlatformClient } from "../platform/client.ts";
import type { Activity } from "../platform/wire.ts";
import { shortId } from "../short_id.ts";
import type { Timing } from "../timing.ts";
import type { BeatTimes } from "./beat_times.ts";

const RECEIPT: Activity = {
  activity_type: "a2a_receive",
  method: "message/send",
  status: "ok",
  duration_ms: 1,
  summary: "picked up",
};

/** What receipts need. */
export interface ReceiptsOptions {
  readonly client: Pick<PlatformClient, "logActivity">;
  readonly times: Pick<BeatTimes, "untilTold">;
  /** Whether the platform has room for requests that could be left out. */
  readonly hasRoom: () => boolean;
  readonly timing: Pick<Timing, "receiptLifeMs" | "receiptWaitMs">;
  readonly log: Logger;
  /** Drops what is not posted yet. */
  readonly stop: AbortSignal;
  /** Nobody waits for a receipt any more. */
  readonly onSettled: () => void;
}

interface Pending {
  readonly settled: Promise<void>;
  /** Drops it. */
  readonly drop: AbortController;
}

/** The receipts that are on their way. */
export class Receipts {
  readonly #options: ReceiptsOptions;
  readonly #pending = new Map<string, Pending>();
  /** One after the other: of many messages at once nobody is helped by all of them at once. */
  #before: Promise<void> = Promise.resolve();

  /** None yet. */
  constructor(options: ReceiptsOptions) {
    this.#options = options;
  }

  /** Whether one is on its way. */
  get isPending(): boolean {
    return this.#pending.size > 0;
  }

  /** The message of this row was picked up. */
  pickedUp(row: string): void {
    const { stop, timing, onSettled } = this.#options;
    if (stop.aborted) return;
    const drop = new AbortController();
    const timer = setTimeout(() => drop.abort(), timing.receiptLifeMs);
    const signal = AbortSignal.any([stop, drop.signal]);
    const settled = this.#before.then(() => this.#post(row, signal)).finally(
      () => {
        clearTimeout(timer);
        this.#pending.delete(row);
        onSettled();
      },
    );
    this.#before = settled;
    this.#pending.set(row, { settled, drop });
  }

  /** Never fails: without a receipt everything goes on. */
  async #post(row: string, signal: AbortSignal): Promise<void> {
    const { client, times, hasRoom, log } = this.#options;
    try {
      signal.throwIfAborted();
      if (!hasRoom()) return;
      await times.untilTold(signal);
      await client.logActivity(RECEIPT, signal);
    } catch (error) {
      log.debug("A receipt could not be posted", {
        row: shortId(row),
        error: reason(error),
      });
    }
  }

  /** Waits, not for long, until the receipt of this row is out; one that takes longer is dropped. Never rejects. */
  async settled(row: string, signal: AbortSignal): Promise<void> {
    const pending = this.#pending.get(row);
    if (pending === undefined) return;
    const late = new AbortController();
    const { receiptWaitMs } = this.#options.timing;
    const timer = setTimeout(() => late.abort(), receiptWaitMs);
    try {
      await inTime(
        pending.settled,
        AbortSignal.any([signal, late.signal]),
      );
    } catch {
      pending.drop.abort(); // after the answer it would only confuse
    } finally {
      clearTimeout(timer);
    }
  }

  /** Resolves when none is on its way; after `stop` aborted. */
  async ended(): Promise<void> {
    await this.#before;
  }
}
