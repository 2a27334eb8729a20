/** Runs the program as people do: argv and signals in; stdout, stderr and an exit code out. */
import { assert } from "@std/assert";

const ROOT = new URL("../", import.meta.url);
/** The import map that the program runs with; empty for none. */
export const MAP: string = Deno.env.get("MOLECULE_IMPORT_MAP") ?? "";

/** Variables of whoever runs the tests must not matter: an empty one counts as not set. */
const NO_ENV = Object.fromEntries(
  Object.keys(Deno.env.toObject())
    .filter((name) => /^(MOLECULE_|PLATFORM_URL|WORKSPACE_ID)/.test(name))
    .map((name) => [name, ""]),
);

/** Lines of a stream, and waiting for one. */
export class Lines {
  text = "";
  readonly ended: Promise<void>;
  #changed = Promise.withResolvers<void>();

  constructor(stream: ReadableStream<Uint8Array>) {
    this.ended = this.#read(stream);
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
      this.text += piece;
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    }
    this.#changed.resolve();
  }

  get all(): string[] {
    return this.text.split("\n").slice(0, -1);
  }

  /** Resolves when a whole line contains `part`; throws when the stream ends without one. */
  async until(part: string): Promise<string> {
    let over = false;
    void this.ended.then(() => over = true);
    for (;;) {
      const { promise } = this.#changed;
      const line = this.all.find((line) => line.includes(part));
      if (line !== undefined) return line;
      assert(!over, `ended without "${part}":\n${this.text}`);
      await promise;
    }
  }
}

/** The running program; disposing ends it if it has not ended by itself. */
export class Program implements AsyncDisposable {
  readonly stdout: Lines;
  readonly stderr: Lines;
  readonly #child: Deno.ChildProcess;

  constructor(
    args: readonly string[],
    env: Record<string, string> = {},
    entry = "cli.ts",
  ) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        ...(MAP === "" ? [] : ["--no-lock", `--import-map=${MAP}`]),
        new URL(entry, ROOT).href,
        ...args,
      ],
      env: { ...NO_ENV, NO_COLOR: "1", ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.stdout = new Lines(this.#child.stdout);
    this.stderr = new Lines(this.#child.stderr);
  }

  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** The exit code, once everything was read. */
  async code(): Promise<number> {
    const { code } = await this.#child.status;
    await Promise.all([this.stdout.ended, this.stderr.ended]);
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended
    }
    await this.code();
  }
}

/** Runs the program to its end. */
export async function run(
  args: readonly string[],
  entry?: string,
  env: Record<string, string> = {},
) {
  await using program = new Program(args, env, entry);
  const code = await program.code();
  return { code, stdout: program.stdout.all, stderr: program.stderr.all };
}

/** A directory that does not exist yet, in one that goes away. */
export async function freshDir() {
  const parent = await Deno.makeTempDir();
  return {
    path: `${parent}/state`,
    exists: () => Deno.stat(`${parent}/state`).then(() => true, () => false),
    [Symbol.asyncDispose]: () => Deno.remove(parent, { recursive: true }),
  };
}

/** A platform that counts requests and answers none before it ends. */
export function silentPlatform() {
  let requests = 0;
  const asked = Promise.withResolvers<void>();
  const over = Promise.withResolvers<void>();
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
  }, async () => {
    requests++;
    asked.resolve();
    await over.promise;
    return new Response();
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    count: () => requests,
    asked: asked.promise,
    [Symbol.asyncDispose]: () => {
      over.resolve();
      return server.shutdown();
    },
  };
}
