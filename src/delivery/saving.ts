/** Commits that somebody is to be told of, and that a stop waits for. */
import type { Journal } from "../state/journal.ts";

/** Commits, then tells. */
export class Saving {
  readonly #journal: Pick<Journal, "commit">;
  readonly #onFatal: (error: unknown) => void;
  #saving = new Set<Promise<void>>();

  /** `onFatal` is told what is a bug, or a disk that failed to the end. */
  constructor(
    journal: Pick<Journal, "commit">,
    onFatal: (error: unknown) => void,
  ) {
    this.#journal = journal;
    this.#onFatal = onFatal;
  }

  /** Commits, then tells. */
  commitThen(tell: () => void | Promise<void>): void {
    const saving = this.#journal.commit().then(tell).catch(this.#onFatal)
      .finally(() => this.#saving.delete(saving));
    this.#saving.add(saving);
  }

  /** Whether everything is saved and told. */
  get isQuiet(): boolean {
    return this.#saving.size === 0;
  }

  /** Resolves when everything is saved and told. */
  async saved(): Promise<void> {
    await Promise.all(this.#saving);
  }
}
