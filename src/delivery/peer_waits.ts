/** Why answers to peers wait: for the platform, or because of what the peer itself answers, which holds back nobody else. */
import { putNewest } from "../put_newest.ts";
import type { OutboxEntry } from "../state/state.ts";
import { recipientOf } from "./recipient.ts";
import type { PeerModes } from "./peer_modes.ts";

/** What the newest failure of a peer's was. */
export interface PeerFailure {
  /** Whether it was the peer's own: `perhaps` where a peer that polls would have got it from the platform. */
  readonly own: "yes" | "perhaps" | "no";
  /** What was answered. */
  readonly why: string;
}

/** For no more recipients than this it is known why their answers wait. */
const MAX_FAILURES = 1_000;

/** Remembers the newest failure of each peer until something is delivered to it. */
export class PeerWaits {
  readonly #modes: PeerModes;
  #failures = new Map<string, PeerFailure>();

  /** `modes` knows which peers poll: for those the platform itself answers. */
  constructor(modes: PeerModes) {
    this.#modes = modes;
  }

  /** A try failed. */
  failed(peer: string, failure: PeerFailure): void {
    putNewest(this.#failures, peer, failure, MAX_FAILURES);
  }

  /** A try did not fail. */
  delivered(peer: string): void {
    this.#failures.delete(peer);
  }

  /** The failure because of which answers to `peer` wait, where it was, or may have been, its own. */
  own(peer: string): PeerFailure | undefined {
    const failure = this.#failures.get(peer);
    if (failure === undefined || failure.own === "no") return undefined;
    return this.#modes.isKnownToPoll(peer) ? undefined : failure;
  }

  /** Whether an answer waits for the platform itself, as every one to a person does. */
  isForPlatform(entry: Pick<OutboxEntry, "peer" | "channel">): boolean {
    const recipient = recipientOf(entry);
    return recipient === "" || this.#modes.isKnownToPoll(recipient) ||
      this.#failures.get(recipient)?.own === "no";
  }
}
