/**
 * A program that stands in for `claude`: it writes down how it was called, keeps sessions as files, and answers as claude
 * would. Its `--model` says what happens.
 */
import { isWindows } from "../src/os/platform.ts";

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
  /** The argument list as the system shows it to anybody; empty where there is no /proc. */
  readonly shown: string;
}

const PROGRAM = String.raw`
const here = import.meta.dirname;
const args = Deno.args;
const read = (path, otherwise) => {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return otherwise;
  }
};
const has = (name) => read(here + "/" + name, undefined) !== undefined;
const value = (flag) => {
  const at = args.indexOf(flag);
  return at === -1 ? undefined : args[at + 1];
};
const print = (object) => console.log(JSON.stringify(object));
const fail = (text) => {
  console.error(text);
  Deno.exit(1);
};

// As claude: where no byte has come after three seconds, none will.
const late = setTimeout(() => fail("Input must be provided through stdin"), 3_000);
let stdin = "";
for await (const piece of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  clearTimeout(late);
  stdin += piece;
}
clearTimeout(late);
const shown = read("/proc/self/cmdline", "");
const call = { args, env: Deno.env.toObject(), cwd: Deno.cwd(), stdin, shown };
const name = String(Date.now()).padStart(15, "0") + crypto.randomUUID();
Deno.writeTextFileSync(here + "/call-" + name + ".json", JSON.stringify(call));

if (args[0] === "auth") {
  print({ loggedIn: !has("logged-out") });
  Deno.exit(has("logged-out") ? 1 : 0);
}
const mode = value("--model");
const tools = args.find((arg) => arg.startsWith("--tools="));
if (mode === "old" && tools !== undefined) fail("error: unknown option '" + tools + "'");

// A session is a file of the texts that it was asked; an empty file is one that was killed at its beginning.
const resumed = value("--resume");
const session_id = resumed ?? value("--session-id");
const file = here + "/session-" + session_id;
const saved = read(file, undefined);
if (resumed === undefined && saved !== undefined) {
  fail("Error: Session ID " + session_id + " is already in use.");
}
if (resumed !== undefined && (saved ?? "") === "") {
  const text = "No conversation found with session ID: " + session_id;
  if (mode !== "old") {
    print({ type: "result", subtype: "error_during_execution", is_error: true, num_turns: 0, errors: [text] });
  }
  fail(text);
}
Deno.writeTextFileSync(file, "");
if (has("kill-at-the-beginning")) Deno.kill(Deno.pid, "SIGKILL");
const asked = [...JSON.parse(saved || "[]"), stdin.slice(stdin.indexOf("\n\n") + 2)];
Deno.writeTextFileSync(file, JSON.stringify(asked));

const result = {
  type: "result",
  subtype: "success",
  is_error: false,
  session_id,
  result: "claude read: " + asked.at(-1),
  usage: { input_tokens: 7, output_tokens: 3 },
  total_cost_usd: asked.length,
};
const tool = (name, parent = null) =>
  print({
    type: "assistant",
    parent_tool_use_id: parent,
    message: { content: [{ type: "text", text: "let me" }, { type: "tool_use", name, input: { secret: "no business of anybody" } }] },
  });
print({ type: "system", subtype: "init", session_id, tools: [] });
print({ type: "something_new", session_id });
const untilInterrupted = async (then) => {
  Deno.addSignalListener("SIGINT", () => {
    Deno.writeTextFileSync(here + "/interrupted", "");
    then();
    Deno.exit(0);
  });
  tool("Bash");
  setInterval(() => {}, 1_000);
  await new Promise(() => {});
};
const error = { ...result, is_error: true };
delete error.result;

const modes = {
  history: () => print({ ...result, result: asked.join(" | ") }),
  tool: () => {
    tool("Bash");
    tool("mcp__x y\u001b[31m__" + "z".repeat(100), "parent");
    print(result);
  },
  limit: () => {
    print({ type: "system", subtype: "api_retry", attempt: 1, error_status: 429 });
    print({ type: "rate_limit_event", rate_limit_info: { status: "rejected", resetsAt: Math.ceil(Date.now() / 1000) + 7200 } });
    print({ ...error, api_error_status: 429, result: "You've hit your 5-hour limit" });
    Deno.exit(1);
  },
  overload: () => {
    print({ type: "system", subtype: "api_retry", attempt: 1, error_status: 529 });
    print({ ...error, result: "API Error: something new about it" });
    Deno.exit(1);
  },
  denied: () => print({ ...result, permission_denials: [{ tool_name: "Bash" }] }),
  crash: () => fail("something broke"),
  terminated: () => Deno.kill(Deno.pid, "SIGTERM"),
  "exit-0-error": () => print({ ...error, result: "half an answer" }),
  "max-turns": () => {
    print({ ...error, subtype: "error_max_turns", errors: ["Reached maximum number of turns (1)"] });
    Deno.exit(1);
  },
  ansi: () => print({ ...result, result: "\u001b[31mred\u001b[0m \u001b]0;title\u0007end" }),
  "two-results": () => {
    print({ ...error, result: "the first" });
    print({ ...result, result: "the last" });
  },
  "short-lines": () => {
    // Twice what an answer may have, in lines of 1 KiB.
    const line = JSON.stringify({ type: "stream_event", filler: "x".repeat(1_000) });
    for (let i = 0; i < 8 * 1024; i++) console.log(line);
    print(result);
  },
  "long-line": () => {
    print({ type: "user", filler: "x".repeat(17 * 1024 * 1024) });
    print(result);
  },
  "long-answer": () => print({ ...result, result: "x".repeat(5 * 1024 * 1024) }),
  "stderr-flood": () => {
    for (let i = 0; i < 20_000; i++) console.error("line " + i + " " + "y".repeat(200));
    fail("the end of it");
  },
  grandchild: () => {
    new Deno.Command("sleep", { args: ["1000"] }).spawn();
    print(result);
    Deno.exit(0);
  },
  hang: () => untilInterrupted(() => print({ ...error, subtype: "error_during_execution" })),
  "answers-late": () => untilInterrupted(() => print(result)),
};
await (modes[mode] ?? (() => print(result)))();
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

  /** Whether runs are killed as soon as their session has a file. */
  async killAtTheBeginning(kill: boolean): Promise<void> {
    const path = `${this.#directory}/kill-at-the-beginning`;
    if (kill) await Deno.writeTextFile(path, "");
    else await Deno.remove(path);
  }

  /** Whether a run was told to end by an interrupt. */
  async interrupted(): Promise<boolean> {
    return await Deno.stat(`${this.#directory}/interrupted`)
      .then(() => true, () => false);
  }

  /** Every call so far, in order. */
  async calls(): Promise<ClaudeCall[]> {
    const names: string[] = [];
    for await (const { name } of Deno.readDir(this.#directory)) {
      if (name.startsWith("call-")) names.push(name);
    }
    return await Promise.all(
      names.sort().map(async (name) =>
        JSON.parse(await Deno.readTextFile(`${this.#directory}/${name}`))
      ),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#directory, { recursive: true });
  }
}

/** A test with a stand-in of its own. It is a shell script. */
export function withClaude(
  name: string,
  fn: (standIn: ClaudeStandIn) => Promise<void>,
): void {
  Deno.test({
    name,
    ignore: isWindows,
    async fn() {
      await using standIn = await ClaudeStandIn.create();
      await fn(standIn);
    },
  });
}
