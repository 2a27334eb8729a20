/** Whether a peer polls or is pushed to: to a peer that polls, a repeated message is no second one. */
import type { PlatformClient } from "../platform/client.ts";
import { putNewest } from "../put_newest.ts";
import { UnaddressableError } from "../platform/segment.ts";
import type { LookUp } from "../platform/wire.ts";
import { NoAnswerError } from "../platform/request.ts";

/**
 * `no look-ups`: the platform knows no such path, and never answered any, so it has none, and its peers poll for all we
 * know. That it cannot answer now proves nothing.
 */
export type PeerMode = "polls" | "may push" | "no look-ups" | "unanswered";

/** Of no more peers than this it is known that they poll; of others it is found out anew. */
const MAX_POLLING = 1_000;

/** Remembers what answers said of peers, and looks up the others. */
export class PeerModes {
  readonly #client: PlatformClient;
  #polling = new Map<string, true>();
  #everAnswered = false;

  /** Asks through `client`. */
  constructor(client: PlatformClient) {
    this.#client = client;
  }

  /** A look-up of any workspace came to `found`. */
  note(found: LookUp): void {
    if (found.found !== "not answered") this.#everAnswered = true;
  }

  /** The last answer of `peer` said how it gets its messages. */
  learn(peer: string, polls: boolean): void {
    if (polls) putNewest(this.#polling, peer, true, MAX_POLLING);
    else this.#polling.delete(peer);
  }

  /** Whether the peer is known to poll. */
  isKnownToPoll(peer: string): boolean {
    return this.#polling.has(peer);
  }

  /** Finds out, and asks anew: it may have changed. `unanswered` where that cannot be told now. */
  async ask(peer: string, signal: AbortSignal): Promise<PeerMode> {
    let found: LookUp;
    try {
      found = await this.#client.lookUp(peer, signal);
    } catch (error) {
      // The repeat is what tells that nobody can be addressed like this.
      if (error instanceof UnaddressableError) return "no look-ups";
      if (!(error instanceof NoAnswerError)) throw error;
      found = { found: "not answered", status: 0 };
    }
    this.note(found);
    if (found.found === "not answered") {
      if (this.#polling.has(peer)) return "polls";
      const hasNone = found.status === 404 && !this.#everAnswered;
      return hasNone ? "no look-ups" : "unanswered";
    }
    return found.found === "yes" && !found.workspace.url ? "polls" : "may push";
  }
}
