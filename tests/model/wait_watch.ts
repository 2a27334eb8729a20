/** Who was told that a message waits: each sender once for each message at most, and not after its answer. */
import { isWaitText } from "../../src/delivery/wait_text.ts";
import type { Ledger } from "./ledger.ts";
import type { SentMessage } from "./virtual_platform.ts";

/** Watches what says that a message waits; such texts are no answers. */
export class WaitWatch {
  readonly #ledger: Ledger;
  #told = new Set<string>();
  #bubbles = 0;

  /** `ledger` is told what is wrong. */
  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** A message reached a peer; says whether it is one of these. */
  takesFromPeer({ parts, metadata }: SentMessage, isNew: boolean): boolean {
    if (!isWaitText(parts.map(({ text }) => text).join(""))) return false;
    const of = String(metadata.in_reply_to);
    const tracked = this.#ledger.messages.get(of);
    const name = tracked?.message.name ?? "nothing";
    if (tracked === undefined) this.#ledger.violate("nothing waits");
    if (isNew && this.#told.has(of)) {
      this.#ledger.violate(`${name} was told twice that it waits`);
    }
    // What was on its way to a peer that is pushed to, when its outcome became unknown, may come after what was sent later.
    const pushes = tracked?.message.conversation.peer?.mode === "push";
    if (isNew && !pushes && tracked?.arrived.length !== 0) {
      this.#ledger.violate(`${name} was told that it waits after its answer`);
    }
    this.#told.add(of);
    this.#ledger.count("senders that were told to wait");
    return true;
  }

  /** The person sees a bubble; says whether it is one of these. */
  takesBubble(text: string): boolean {
    if (!isWaitText(text)) return false;
    this.#ledger.count("people that were told to wait");
    const people = [...this.#ledger.messages.values()].filter(({ message }) =>
      message.conversation.peer === undefined
    );
    if (++this.#bubbles > people.length) {
      this.#ledger.violate("people are told more often that they wait");
    }
    return true;
  }
}
