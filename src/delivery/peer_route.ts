/** Answers to peers: to one that polls, a repeat under the same id is no second message; to one that is pushed to, it is. */
import type { Part } from "../a2a/part.ts";
import type { PlatformClient } from "../platform/client.ts";
import type { OutboxEntry } from "../state/state.ts";
import { type Outcome, tryA2a } from "./attempt.ts";
import type { PeerModes } from "./peer_modes.ts";
import type { PeerWaits } from "./peer_waits.ts";
import type { Route, Settled, Unsure } from "./route.ts";

/** The way to a peer. */
export class PeerRoute implements Route {
  readonly #client: PlatformClient;
  readonly #modes: PeerModes;
  readonly #waits: PeerWaits;
  readonly #feedIsGood: () => boolean;

  /** `modes` knows how peers get their messages, `waits` is told why they do not. */
  constructor(
    client: PlatformClient,
    modes: PeerModes,
    waits: PeerWaits,
    feedIsGood: () => boolean,
  ) {
    this.#client = client;
    this.#modes = modes;
    this.#waits = waits;
    this.#feedIsGood = feedIsGood;
  }

  waitMs(): number {
    return 0;
  }

  marks(entry: OutboxEntry): boolean {
    return !this.#modes.isKnownToPoll(entry.peer);
  }

  async send(
    entry: OutboxEntry,
    parts: readonly Part[],
    signal: AbortSignal,
    begin: () => Promise<void>,
  ): Promise<Outcome> {
    const outcome = await tryA2a(this.#client, entry, parts, signal, begin);
    // One that no longer says so may be pushed to by now.
    if (outcome.is === "delivered") {
      this.#modes.learn(entry.peer, outcome.polls === true);
      this.#waits.delivered(entry.peer);
    } else if (outcome.is === "not sent") {
      const own = outcome.unreached === true;
      if (own) this.#modes.learn(entry.peer, false);
      const failure = { own: own ? "yes" : "no", why: outcome.why } as const;
      this.#waits.failed(entry.peer, failure);
    } else if (outcome.is === "busy" || outcome.is === "refused") {
      // Only while the platform is in its senses: else the refusal may be its own.
      const own = this.#feedIsGood() ? "perhaps" : "no";
      this.#waits.failed(entry.peer, { own, why: outcome.why });
    }
    return outcome;
  }

  settleAfterMs(): number {
    return 0;
  }

  async settle(
    entry: OutboxEntry,
    _: Unsure,
    __: readonly Part[],
    signal: AbortSignal,
  ): Promise<Settled> {
    switch (await this.#modes.ask(entry.peer, signal)) {
      case "polls":
      case "no look-ups":
        return "repeat";
      case "may push":
        this.#waits.delivered(entry.peer);
        return "perhaps";
      case "unanswered":
        this.#waits.failed(entry.peer, {
          own: "no",
          why: "the platform does not look it up",
        });
        return "ask later";
    }
  }

  over(): void {}

  remember(): void {}
}
