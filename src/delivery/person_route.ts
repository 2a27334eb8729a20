/** Answers to the person: a bubble of unknown outcome is looked for before it is shown again. */
import type { Part } from "../a2a/part.ts";
import type { PlatformClient } from "../platform/client.ts";
import type { Receipts } from "../presence/receipts.ts";
import type { OutboxEntry } from "../state/state.ts";
import { type Outcome, tryNotify } from "./attempt.ts";
import { bubbleText } from "./bubble_entries.ts";
import type { Bubbles } from "./bubbles.ts";
import type { Route, Settled, Unsure } from "./route.ts";

/** The way to the person. */
export class PersonRoute implements Route {
  readonly #client: PlatformClient;
  readonly #bubbles: Bubbles;
  readonly #receipts: Pick<Receipts, "settled">;
  readonly #echoAfterMs: number;
  /** When attempts of unknown outcome ended, by `performance.now()`; those of the process before this one when it began. */
  readonly #ended = new Map<string, number>();
  readonly #startedAt = performance.now();

  /** The echo of an attempt is not looked for before `echoAfterMs` after its end. */
  constructor(
    client: PlatformClient,
    bubbles: Bubbles,
    receipts: Pick<Receipts, "settled">,
    echoAfterMs: number,
  ) {
    this.#client = client;
    this.#bubbles = bubbles;
    this.#receipts = receipts;
    this.#echoAfterMs = echoAfterMs;
  }

  waitMs(entry: OutboxEntry, parts: readonly Part[]): number {
    return this.#bubbles.waitMs(bubbleText(entry, parts), entry.id);
  }

  marks(): boolean {
    return true;
  }

  async send(
    entry: OutboxEntry,
    parts: readonly Part[],
    signal: AbortSignal,
    begin: () => Promise<void>,
  ): Promise<Outcome> {
    await this.#receipts.settled(entry.row, signal); // its chat takes a bubble before it for the end of the question
    this.#bubbles.hold(bubbleText(entry, parts), entry.id);
    const outcome = await tryNotify(
      this.#client,
      bubbleText(entry, parts),
      signal,
      entry.uploaded?.files,
      begin,
    );
    this.#ended.set(entry.id, performance.now());
    return outcome;
  }

  settleAfterMs(entry: OutboxEntry): number {
    const ended = this.#ended.get(entry.id) ?? this.#startedAt;
    return Math.max(0, ended + this.#echoAfterMs - performance.now());
  }

  async settle(
    entry: OutboxEntry,
    unsure: Unsure,
    parts: readonly Part[],
    signal: AbortSignal,
  ): Promise<Settled> {
    const found = await this.#bubbles.find(
      bubbleText(entry, parts),
      unsure,
      signal,
    );
    if (found === undefined) return "ask later";
    return found ? "arrived" : "repeat";
  }

  over(entry: OutboxEntry, parts: readonly Part[]): void {
    this.#ended.delete(entry.id);
    this.#bubbles.release(bubbleText(entry, parts));
  }

  remember(entry: OutboxEntry, parts: readonly Part[]): void {
    this.#bubbles.hold(bubbleText(entry, parts), entry.id);
  }
}
