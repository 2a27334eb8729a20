/**
 * Answers to outside chat channels. What was sent has no id and leaves no row that could be looked for, so what may have
 * arrived is never sent again.
 */
import { textOf } from "../a2a/message.ts";
import type { Part } from "../a2a/part.ts";
import type { PlatformClient } from "../platform/client.ts";
import type { OutboxEntry } from "../state/state.ts";
import { type Outcome, tryChannel } from "./attempt.ts";
import type { PeerWaits } from "./peer_waits.ts";
import { recipientOf } from "./recipient.ts";
import type { Route, Settled } from "./route.ts";

/** The way to an outside channel. */
export class ChannelRoute implements Route {
  readonly #client: PlatformClient;
  readonly #waits: PeerWaits;
  readonly #feedIsGood: () => boolean;

  /** `waits` is told why answers to a channel wait. */
  constructor(
    client: PlatformClient,
    waits: PeerWaits,
    feedIsGood: () => boolean,
  ) {
    this.#client = client;
    this.#waits = waits;
    this.#feedIsGood = feedIsGood;
  }

  waitMs(): number {
    return 0;
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
    const outcome = await tryChannel(
      this.#client,
      entry.channel ?? "",
      textOf(parts),
      signal,
      begin,
    );
    const recipient = recipientOf(entry);
    if (outcome.is === "delivered") {
      this.#waits.delivered(recipient);
    } else if (outcome.is === "not sent") {
      this.#waits.failed(recipient, { own: "no", why: outcome.why });
    } else if (outcome.is === "busy" || outcome.is === "refused") {
      // The platform is well, so it is the channel's service that is not: others must not wait for it.
      const own = this.#feedIsGood() ? "yes" : "no";
      this.#waits.failed(recipient, { own, why: outcome.why });
    }
    return outcome;
  }

  settleAfterMs(): number {
    return 0;
  }

  settle(entry: OutboxEntry): Promise<Settled> {
    this.#waits.delivered(recipientOf(entry));
    return Promise.resolve("perhaps");
  }

  over(): void {}

  remember(): void {}
}
