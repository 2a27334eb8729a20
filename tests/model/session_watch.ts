/** What turns are told of their sessions, compared with what turns before them were told and kept, in all processes. */
import type { Session } from "../../src/backends/backend.ts";
import type { Ledger } from "./ledger.ts";
import type { Conversation } from "./world.ts";

interface Watched {
  readonly id: string;
  /** What was kept for certain, and what a crash may have kept. */
  kept: string | undefined;
  perhaps: string | undefined;
}

/** Watches the sessions of one simulation. */
export class SessionWatch {
  readonly #ledger: Ledger;
  #sessions = new Map<Conversation, Watched>();

  /** `ledger` is told what is wrong. */
  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** A turn of `name` begins; gives the names that its session has seen. */
  begins(
    conversation: Conversation,
    name: string,
    { id, fresh, kept }: Session,
  ): string[] {
    const before = this.#sessions.get(conversation) ??
      { id, kept: undefined, perhaps: undefined };
    const violate = (what: string) => this.#ledger.violate(`${name}: ${what}`);
    if (before.id !== id) violate("the conversation changed its session");
    if (kept !== before.kept && kept !== before.perhaps) {
      violate(`${kept} was kept instead of ${before.kept}`);
    }
    const own = [...this.#ledger.messages.values()].filter((tracked) =>
      tracked.message.conversation === conversation
    );
    const isAnswered = own.some(({ finish }) => finish?.is === "answer");
    const wasRun = own.some(({ runs }) =>
      runs.some(({ state }) => state === "answered" || state === "hit")
    );
    if (fresh && isAnswered) violate("a session with answers is called fresh");
    if (!fresh && !wasRun) violate("a session without answers is not fresh");
    this.#sessions.set(conversation, { id, kept, perhaps: kept });
    return JSON.parse(kept ?? "[]");
  }

  /** A turn is about to keep `text`. */
  keeps(conversation: Conversation, text: string): void {
    this.#sessions.get(conversation)!.perhaps = text;
  }

  /** It was told that `text` is kept. */
  kept(conversation: Conversation, text: string): void {
    this.#sessions.get(conversation)!.kept = text;
  }
}
