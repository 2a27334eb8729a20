/** Shows the messages of a sandbox as they come. */
import { oneLine } from "../log.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";

/** Longest piece of a message that is shown, in characters. */
const MAX_SHOWN = 200;

function shown(text: string): string {
  // Cut twice: escapes make it longer, and a stranger's text may be much too long to look at whole.
  const chars = [...oneLine(text.slice(0, 2 * MAX_SHOWN))];
  return chars.length > MAX_SHOWN || text.length > 2 * MAX_SHOWN
    ? `${chars.slice(0, MAX_SHOWN).join("")}…`
    : chars.join("");
}

/** What two workspaces and their person say to each other. */
class Conversations {
  readonly #sandbox: Pick<Sandbox, "messagesTo" | "notifies">;
  readonly #names: ReadonlyMap<string, string>;
  readonly #shown = new Map<string, number>();

  constructor(
    sandbox: Pick<Sandbox, "messagesTo" | "notifies">,
    names: ReadonlyMap<string, string>,
  ) {
    this.#sandbox = sandbox;
    this.#names = names;
  }

  /** The entries that were not there at the last look. */
  #fresh<T>(key: string, entries: readonly T[]): readonly T[] {
    const from = this.#shown.get(key) ?? 0;
    this.#shown.set(key, entries.length);
    return entries.slice(from);
  }

  /** Lines for what is new. */
  news(): string[] {
    return [...this.#names].flatMap(([id, name]) => [
      ...this.#fresh(`to ${id}`, this.#sandbox.messagesTo(id)).map(
        ({ sourceId, text }) => {
          const from = sourceId === null
            ? "person"
            : this.#names.get(sourceId) ?? sourceId;
          return `${from} → ${name}: ${shown(text)}`;
        },
      ),
      ...this.#fresh(`of ${id}`, this.#sandbox.notifies(id)).map((text) =>
        `${name} → person: ${shown(text)}`
      ),
    ]);
  }
}

/** Writes a line for each message until `signal` aborts. `names` has the workspaces to watch by their ids. */
export async function watchSandbox(
  sandbox: Pick<Sandbox, "messagesTo" | "notifies" | "waitFor">,
  names: ReadonlyMap<string, string>,
  write: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const conversations = new Conversations(sandbox, names);
  const next = () => {
    const news = conversations.news();
    return news.length > 0 && news;
  };
  try {
    for (;;) {
      const news = await sandbox.waitFor(next, { signal, timeoutMs: Infinity });
      for (const line of news) write(line);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
