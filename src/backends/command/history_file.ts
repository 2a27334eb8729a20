/** What stood in the person's chat, as a file for a command that has no memory of its own. */
import { join } from "@std/path";
import type { HistoryEntry } from "../backend.ts";

/** A file of its own in a private directory. Disposing it removes both. */
export class HistoryFile implements AsyncDisposable {
  /** Its path. */
  readonly path: string;
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
    this.path = join(directory, "history.json");
  }

  /** Writes the file, a JSON array. */
  static async create(history: readonly HistoryEntry[]): Promise<HistoryFile> {
    const directory = await Deno.makeTempDir({ prefix: "molecule-history-" });
    const file = new HistoryFile(directory);
    await Deno.writeTextFile(file.path, JSON.stringify(history), {
      mode: 0o600,
    });
    return file;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#directory, { recursive: true }).catch(() => {});
  }
}
