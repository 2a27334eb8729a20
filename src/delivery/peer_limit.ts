/** How many answers may wait for one peer because of what it answers: beyond that its oldest is given up. */
import type { OutboxEntry } from "../state/state.ts";
import type { PeerModes } from "./peer_modes.ts";
import type { PeerWaits } from "./peer_waits.ts";
import { recipientOf } from "./recipient.ts";

/** So many answers may wait for one peer. */
const MAX_WAITING_FOR_PEER = 20;

/** What a limit needs. */
export interface PeerLimitOptions {
  readonly waits: PeerWaits;
  readonly modes: PeerModes;
  /** The saved answers, oldest first. */
  readonly saved: () => readonly OutboxEntry[];
  /** Ends look-ups. */
  readonly asking: AbortSignal;
}

/** Finds what is beyond the limit. */
export class PeerLimit {
  readonly #options: PeerLimitOptions;

  /** Asks nothing yet. */
  constructor(options: PeerLimitOptions) {
    this.#options = options;
  }

  /** The oldest answer of a peer that has too many, with the reason for which it is given up. */
  async next(): Promise<{ entry: OutboxEntry; why: string } | undefined> {
    const { waits, saved } = this.#options;
    for (const peer of this.#crowded().keys()) await this.#look(peer);
    // Counted anew: look-ups take a while.
    const [peer] = this.#crowded().keys();
    const entry = saved().find((entry) => recipientOf(entry) === peer);
    if (peer === undefined || entry === undefined) return undefined;
    const last = waits.own(peer)?.why;
    return {
      entry,
      why:
        `more than ${MAX_WAITING_FOR_PEER} answers wait for this peer: ${last}`,
    };
  }

  /** Peers for which too many answers wait because of their own failures, and how many. */
  #crowded(): Map<string, number> {
    const { waits, saved } = this.#options;
    const counts = new Map<string, number>();
    for (const entry of saved()) {
      const recipient = recipientOf(entry);
      counts.set(recipient, (counts.get(recipient) ?? 0) + 1);
    }
    for (const [peer, count] of counts) {
      if (count <= MAX_WAITING_FOR_PEER || waits.own(peer) === undefined) {
        counts.delete(peer);
      }
    }
    return counts;
  }

  /** Whether it was the peer's own failure: where it does not certainly push, the platform's trouble is not held against it. */
  async #look(peer: string): Promise<void> {
    const { waits, modes, asking } = this.#options;
    const failure = waits.own(peer);
    if (failure === undefined || failure.own === "yes") return;
    const mode = await modes.ask(peer, asking);
    if (mode === "polls") modes.learn(peer, true);
    if (mode !== "may push") waits.failed(peer, { ...failure, own: "no" });
    // What is known now is not asked again for each answer beyond the limit.
    else waits.failed(peer, { ...failure, own: "yes" });
  }
}
