/** The web chat's side of a sandbox, and at the other side the program as it is, with a command of a shell behind it. */
import { join } from "@std/path";
import { Sandbox } from "../src/testing/mod.ts";
import type { RecordedRequest } from "../src/sandbox/recorder.ts";
import { Program } from "./program.ts";

/** So long that the timer of heartbeats is never why there is one. */
const NEVER_MS = "600000";
/** Longest wait for something that has to come. */
export const PATIENCE = { timeoutMs: 60_000 };

/** A chat, and the program on the other side of it. */
export interface Chat extends AsyncDisposable {
  readonly sandbox: Sandbox;
  /** The workspace that is connected. */
  readonly id: string;
  /** Another one, which may write to it. */
  readonly peerId: string;
  /** A directory of the test's own; commands find it in `$STAGE`. */
  readonly dir: string;
  /** The program that was started last. */
  readonly program: Program;
  /** Starts the program once more: the one before has ended. */
  start(): Promise<void>;
  /** Says something as the person. */
  say(text: string): Promise<string>;
  /** Resolves when the person has seen so many bubbles; gives them. */
  bubbles(count: number): Promise<readonly string[]>;
  /** Resolves when the last accepted beat says that nothing goes on. */
  quiet(): Promise<void>;
  /** Resolves when a command has made the file `name` in the directory. */
  made(name: string): Promise<void>;
  /** What the connector posted and beat, in the order in which it came. */
  readonly calls: readonly string[];
}

/** One word for what a request is about; empty for what these tests are not about. */
function inWords({ endpoint, text }: RecordedRequest): string {
  const body = text === "" ? {} : JSON.parse(text);
  switch (endpoint) {
    case "heartbeat":
      return body.current_task === "" ? "beat, idle" : "beat, at work";
    case "log":
      return body.activity_type === "a2a_receive"
        ? "receipt"
        : body.activity_type;
    case "notify":
      return "notify";
    default:
      return "";
  }
}

/** Whether there is a file. */
function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** A shell's wait for a file that the test makes in the directory. */
export function until(name: string): string {
  return `until [ -e "$STAGE/${name}" ]; do sleep 0.05; done`;
}

/** Starts all of it; `command` answers. */
export async function chat(
  command: string,
  flags: readonly string[] = [],
  prepare: (sandbox: Sandbox, id: string) => void | Promise<void> = () => {},
): Promise<Chat> {
  const stack = new AsyncDisposableStack();
  const sandbox = stack.use(await Sandbox.start());
  const dir = await Deno.makeTempDir();
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  const { id: parentId } = sandbox.createWorkspace({ name: "root" });
  const { id, token } = sandbox.createWorkspace({ name: "agent", parentId });
  const peer = sandbox.createWorkspace({ name: "Reviewer", parentId });
  await prepare(sandbox, id);
  let program: Program;
  const start = async () => {
    const before = sandbox.requestsTo("activity").length;
    program = stack.use(
      new Program([
        ...["connect", id, "--api-url", sandbox.url, "--token", token],
        ...["--state-dir", join(dir, "state"), "--interval-ms", "50"],
        ...["--heartbeat-ms", NEVER_MS],
        ...["--backend", "exec", "--backend-opt", `cmd=${command}`],
        ...["--backend-opt", "pass_env=STAGE", ...flags],
      ], { STAGE: dir }),
    );
    await sandbox.waitFor(
      () => sandbox.requestsTo("activity").length > before,
      PATIENCE,
    ).catch((cause) => {
      throw new Error(program.stderr.text, { cause });
    });
  };
  try {
    await start();
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
  return {
    sandbox,
    id,
    peerId: peer.id,
    dir,
    start,
    get program() {
      return program;
    },
    say: (text) => sandbox.sendAsHuman(id, text),
    bubbles: (count) =>
      sandbox.waitFor(() => {
        const seen = sandbox.notifies(id);
        return seen.length >= count && seen;
      }, PATIENCE),
    async quiet() {
      await sandbox.waitFor(() => {
        const last = sandbox.heartbeats(id).at(-1);
        return last?.current_task === "" && last.active_tasks === 0;
      }, PATIENCE);
    },
    async made(name) {
      await sandbox.waitFor(() => isThere(join(dir, name)), PATIENCE);
    },
    get calls() {
      return sandbox.requests.map(inWords).filter((word) => word !== "");
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
