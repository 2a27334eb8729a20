/** A file that a command appends lines to, to say what it is doing. */
import { join } from "@std/path";

/** How often it is looked at, in milliseconds. */
const LOOK_MS = 500;
/** More than this of new text at once is no progress; only its end is looked at. */
const MAX_BYTES = 64 * 1024;

/** A file of its own in a private directory, and who follows it. Disposing it removes both. */
export class ProgressFile implements AsyncDisposable {
  /** Its path. */
  readonly path: string;
  readonly #directory: string;
  readonly #tell: (line: string) => void;
  readonly #timer: ReturnType<typeof setInterval>;
  #read = 0;
  #looking: Promise<void> = Promise.resolve();

  private constructor(directory: string, tell: (line: string) => void) {
    this.#directory = directory;
    this.#tell = tell;
    this.path = join(directory, "progress");
    this.#timer = setInterval(() => {
      this.#looking = this.#looking.then(() => this.#look());
    }, LOOK_MS);
  }

  /** Makes the file; `tell` gets its newest whole line whenever there is a new one. */
  static async create(tell: (line: string) => void): Promise<ProgressFile> {
    const directory = await Deno.makeTempDir({ prefix: "molecule-progress-" });
    const file = new ProgressFile(directory, tell);
    await Deno.writeTextFile(file.path, "", { mode: 0o600 });
    return file;
  }

  /**
   * It is the command's file by now: whatever became of it, the turn goes on. A line counts once it is whole, or once
   * nobody writes any more.
   */
  async #look(isOver = false): Promise<void> {
    try {
      if (!(await Deno.lstat(this.path)).isFile) return;
      using file = await Deno.open(this.path);
      const { size } = await file.stat();
      if (size < this.#read) this.#read = 0; // begun anew
      const before = this.#read;
      const from = Math.max(before, size - MAX_BYTES);
      await file.seek(from, Deno.SeekMode.Start);
      const bytes = new Uint8Array(size - from);
      const length = await file.read(bytes) ?? 0;
      const end = isOver ? length : bytes.subarray(0, length).lastIndexOf(0x0a);
      if (end === -1) return;
      this.#read = from + end + 1;
      // What was left out begins in the middle of a line: the rest of one could be half a secret.
      const isCut = from > before;
      const lines = new TextDecoder().decode(bytes.subarray(0, end)).split(
        "\n",
      ).slice(isCut ? 1 : 0);
      const newest = lines.findLast((line) => line.trim() !== "");
      if (newest !== undefined) this.#tell(newest);
    } catch {
      // gone, or none that can be read
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
    await this.#look(true);
    await Deno.remove(this.#directory, { recursive: true }).catch(() => {});
  }
}
