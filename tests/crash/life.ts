/** One life of a connector: from its start to its kill, or to its stop. */
import type { CrashJob, Told } from "./child.ts";

const MAP = Deno.env.get("MOLECULE_IMPORT_MAP") ?? "";

/** A connector that runs in a process of its own. */
export class Life {
  /** What it told so far. */
  readonly told: Told[] = [];
  /** Resolves when it ended and everything that it told was read. */
  readonly ended: Promise<Deno.CommandStatus>;
  readonly #child: Deno.ChildProcess;
  readonly #onTold: (told: Told) => void;

  /** Starts it; `onTold` gets each thing that it tells. */
  constructor(job: CrashJob, onTold: (told: Told) => void) {
    this.#onTold = onTold;
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--quiet",
        "--no-check",
        ...(MAP === "" ? [] : ["--no-lock", `--import-map=${MAP}`]),
        new URL("child.ts", import.meta.url).href,
        JSON.stringify(job),
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.ended = this.#run();
  }

  async #run(): Promise<Deno.CommandStatus> {
    let rest = "";
    const texts = this.#child.stdout.pipeThrough(new TextDecoderStream());
    for await (const text of texts) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        const told: Told = JSON.parse(line);
        this.told.push(told);
        this.#onTold(told);
      }
    }
    this.askToStop(); // the pipe is to be closed in any case
    return await this.#child.status;
  }

  /** Kills it now. */
  kill(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended
    }
  }

  /** Asks it to stop as a signal would, and waits for its end. */
  async stop(): Promise<Deno.CommandStatus> {
    this.askToStop();
    return await this.ended;
  }

  /** Asks it to stop as a signal would. */
  askToStop(): void {
    this.#child.stdin.close().catch(() => {}); // asked before, or killed
  }

  /** What it told of one type. */
  all<T extends Told["type"]>(type: T): Extract<Told, { type: T }>[] {
    return this.told.filter((told): told is Extract<Told, { type: T }> =>
      told.type === type
    );
  }
}
