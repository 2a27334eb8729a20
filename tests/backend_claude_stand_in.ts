/** A program that stands in for `claude`: it writes down how it was called, and answers as claude would. */

/** One call of the stand-in. */
export interface ClaudeCall {
  /** Its arguments. */
  readonly args: string[];
  /** Its environment. */
  readonly env: Record<string, string>;
  /** Its working directory. */
  readonly cwd: string;
  /** What it found on stdin. */
  readonly stdin: string;
}

const PROGRAM = `
const here = import.meta.dirname;
const stdin = await new Response(Deno.stdin.readable).text();
const call = { args: Deno.args, env: Deno.env.toObject(), cwd: Deno.cwd(), stdin };
Deno.writeTextFileSync(here + "/" + crypto.randomUUID() + ".json", JSON.stringify(call));

const result = {
  type: "result",
  subtype: "success",
  is_error: false,
  result: "claude read: " + stdin.slice(stdin.indexOf("\\n\\n") + 2),
  usage: { input_tokens: 7, output_tokens: 3 },
};
const [, mode] = /--model (\\S+)/.exec(Deno.args.join(" ")) ?? [];
if (Deno.args[0] === "auth") {
  const loggedIn = !existsSync("logged-out");
  console.log(JSON.stringify({ loggedIn }));
  Deno.exit(loggedIn ? 0 : 1);
} else if (mode === "limit") {
  const text = "You've hit your 5-hour limit";
  console.log(JSON.stringify({ ...result, is_error: true, api_error_status: 429, result: text }));
  Deno.exit(1);
} else if (mode === "denied") {
  console.log(JSON.stringify({ ...result, permission_denials: [{ tool_name: "Bash" }] }));
} else if (mode === "crash") {
  console.error("something broke");
  Deno.exit(1);
} else {
  console.log(JSON.stringify(result));
}

function existsSync(name) {
  try {
    return Deno.statSync(here + "/" + name).isFile;
  } catch {
    return false;
  }
}
`;

/** The stand-in in a directory of its own. */
export class ClaudeStandIn implements AsyncDisposable {
  /** Its path, for the option `bin`. */
  readonly bin: string;
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
    this.bin = `${directory}/claude`;
  }

  /** Writes it to a temporary directory. */
  static async create(): Promise<ClaudeStandIn> {
    const standIn = new ClaudeStandIn(await Deno.makeTempDir());
    await Deno.writeTextFile(`${standIn.#directory}/claude.js`, PROGRAM);
    const run = `exec '${Deno.execPath()}' run -A --no-config --no-lock`;
    await Deno.writeTextFile(
      standIn.bin,
      `#!/bin/sh\n${run} "$(dirname "$0")/claude.js" "$@"\n`,
      { mode: 0o755 },
    );
    return standIn;
  }

  /** From now on nobody is logged in. */
  async logOut(): Promise<void> {
    await Deno.writeTextFile(`${this.#directory}/logged-out`, "");
  }

  /** Every call so far, in no order. */
  async calls(): Promise<ClaudeCall[]> {
    const calls: ClaudeCall[] = [];
    for await (const { name } of Deno.readDir(this.#directory)) {
      if (!name.endsWith(".json")) continue;
      const text = await Deno.readTextFile(`${this.#directory}/${name}`);
      calls.push(JSON.parse(text));
    }
    return calls;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#directory, { recursive: true });
  }
}
