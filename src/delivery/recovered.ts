/** Turns that the end of the process before this one interrupted: they are told of before the feed brings them again. */
import type { Journal } from "../state/journal.ts";

/** What is told of one whose words were not kept. */
const UNKNOWN = "Answering a message";

/** What the state says, until a read has shown what is left of it. */
export class Recovered {
  readonly #journal: Pick<Journal, "attempts">;
  /** What they were at, by the message's id. */
  readonly #words: Map<string, string>;

  /** Takes what `journal` holds now. */
  constructor(journal: Pick<Journal, "attempts">) {
    this.#journal = journal;
    this.#words = new Map(
      [...journal.attempts].map(([id, { task = UNKNOWN }]) => [id, task]),
    );
  }

  /** What those were at that are not over, and that were not taken in again. */
  words(isTakenIn: (id: string) => boolean): readonly string[] {
    return [...this.#words].flatMap(([id, words]) =>
      this.#journal.attempts.has(id) && !isTakenIn(id) ? [words] : []
    );
  }

  /** The feed was read to its end: what it did not bring does not come any more. */
  forget(): void {
    this.#words.clear();
  }
}
