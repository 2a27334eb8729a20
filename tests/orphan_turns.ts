/** For the tests beside this file: turns of `exec` that start processes of every kind, and connectors to be killed. */
import { Bench } from "./harness.ts";
import { Program } from "./program.ts";

/** A peer's messages to a program whose back end runs `script` with the message's text as `$name`. */
export class OrphanBench implements AsyncDisposable {
  readonly #pipe: Deno.FsFile;
  #told = "";

  private constructor(
    /** The platform. */
    readonly bench: Bench,
    /** A directory for the scripts. */
    readonly dir: string,
    pipe: Deno.FsFile,
  ) {
    this.#pipe = pipe;
  }

  static async start(): Promise<OrphanBench> {
    const dir = await Deno.makeTempDir();
    const path = `${dir}/pipe`;
    await new Deno.Command("mkfifo", { args: [path] }).output();
    // Also for writing: it does not wait for a turn then.
    const pipe = await Deno.open(path, { read: true, write: true });
    return new OrphanBench(await Bench.start(), dir, pipe);
  }

  /** Starts the program. Its turns may tell something with `>&3`. */
  connect(script: string, ...more: readonly string[]): Program {
    const { sandbox, agent, stateDir } = this.bench;
    const cmd = `read name; exec 3> '${this.dir}/pipe'; ${script}`;
    return new Program([
      ...["connect", agent.id, "--api-url", sandbox.url, "--json"],
      ...["--token", agent.token, "--state-dir", stateDir],
      ...["--interval-ms", "50", "--backend", "exec"],
      ...["--backend-opt", `cmd=${cmd}`, ...more],
    ]);
  }

  /** Resolves when the turns have told so many lines; gives all their words as pids. */
  async told(lines: number): Promise<number[]> {
    while (this.#told.split("\n").length <= lines) {
      const bytes = new Uint8Array(1_000);
      const length = await this.#pipe.read(bytes) ?? 0;
      this.#told += new TextDecoder().decode(bytes.subarray(0, length));
    }
    return this.#told.trim().split(/\s+/).map(Number);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#pipe.close();
    await this.bench[Symbol.asyncDispose]();
    await Deno.remove(this.dir, { recursive: true });
  }
}

/** Whether a process runs; one that waits to be reaped does not. */
export async function isRunning(pid: number): Promise<boolean> {
  const { stdout } = await new Deno.Command("ps", {
    args: ["-p", String(pid), "-o", "state="],
  }).output();
  return /^[^ZX]/.test(new TextDecoder().decode(stdout).trim());
}

/** Which of `pids` run. */
export async function running(pids: readonly number[]): Promise<number[]> {
  const states = await Promise.all(pids.map(isRunning));
  return pids.filter((_, index) => states[index]);
}
