/** How a turn of a command is cut short: nothing that it started is left, and nothing holds the turn up. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import type { BackendContext } from "../src/backends/backend.ts";
import { createBackend } from "../src/backends/registry.ts";
import { runCommand } from "../src/backends/command/run_command.ts";
import { BackendError } from "../src/errors.ts";
import { killAllChildren } from "../src/os/child_group.ts";
import { isWindows } from "../src/os/platform.ts";
import { testContext, testMessage } from "../src/testing/backend_context.ts";

/** A named pipe that a process far down the tree holds open for as long as it lives. */
class Witness implements AsyncDisposable {
  readonly path: string;
  readonly #directory: string;
  #file: Deno.FsFile | undefined;

  private constructor(directory: string) {
    this.#directory = directory;
    this.path = `${directory}/pipe`;
  }

  static async create(): Promise<Witness> {
    const witness = new Witness(await Deno.makeTempDir());
    await new Deno.Command("mkfifo", { args: [witness.path] }).output();
    return witness;
  }

  /** Resolves with the pid of the process that has opened the pipe. */
  async up(): Promise<number> {
    this.#file = await Deno.open(this.path, { read: true });
    const line = new Uint8Array(100);
    const length = await this.#file.read(line) ?? 0;
    return Number(new TextDecoder().decode(line.subarray(0, length)));
  }

  /** Resolves when no process has the pipe open any more. */
  async gone(): Promise<void> {
    while (await this.#file!.read(new Uint8Array(100)) !== null);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#file?.close();
    await Deno.remove(this.#directory, { recursive: true });
  }
}

/** A shell that tells its pid to the witness and has a child of its own. */
function polite({ path }: Witness): string {
  return `sh -c 'exec 3>${path}; echo $$ >&3; sleep 1000; :'`;
}

/** The same, but it ignores SIGTERM. */
function stubborn(witness: Witness): string {
  return polite(witness).replace("exec", `trap "" TERM; exec`);
}

function run(cmd: string, context: Partial<BackendContext> = {}) {
  return createBackend("exec", { cmd, timeout: "90s" })
    .handle(testMessage("hi"), testContext(context))
    .catch((error: unknown) => error);
}

function posix(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: isWindows, fn });
}

function assertBackendError(
  error: unknown,
  kind: string,
  ...texts: string[]
): asserts error is BackendError {
  if (!(error instanceof BackendError)) throw error;
  assertEquals(error.kind, kind);
  for (const text of texts) assertStringIncludes(error.message, text);
}

posix(
  "a time-out ends a command with all that it started, also what ignores SIGTERM",
  async () => {
    await using witness = await Witness.create();
    using time = new FakeTime();
    const turn = run(`${stubborn(witness)} & wait`);
    await witness.up();
    await time.tickAsync(90_000);
    await time.tickAsync(2_000);
    const error = await turn;
    await witness.gone();
    assertBackendError(error, "final", "after 90 seconds");
    assertEquals([error.failure, error.publicText], ["timeout", undefined]);
  },
);

posix("a time-out lets a command go in its own way first", async () => {
  await using witness = await Witness.create();
  using time = new FakeTime();
  const turn = run(
    `trap 'echo tidied up >&2; exit 0' TERM
     exec 3>${witness.path}; echo $$ >&3
     while :; do sleep 1 <&- 3>&- & wait; done`,
  );
  await witness.up();
  await time.tickAsync(90_000);
  await witness.gone();
  await time.tickAsync(2_000);
  assertBackendError(await turn, "final", "tidied up");
});

posix(
  "an abort in the middle ends the command, then rejects with the signal's reason",
  async () => {
    await using witness = await Witness.create();
    const stop = new AbortController();
    const turn = run(`${polite(witness)} & wait`, { signal: stop.signal });
    await witness.up();
    const reason = new Error("stop");
    stop.abort(reason);
    assertEquals(await turn, reason);
    await witness.gone();
  },
);

posix(
  "an answer that is too large ends the command with all that it started",
  async () => {
    await using witness = await Witness.create();
    const turn = run(
      `${polite(witness)} & while [ ! -e ${witness.path}.go ]; do :; done; yes`,
    );
    await witness.up();
    await Deno.writeTextFile(`${witness.path}.go`, "");
    assertBackendError(await turn, "final", "4 MiB");
    await witness.gone();
  },
);

posix(
  "what still holds the output of a command that has ended is ended, and the answer is kept",
  async () => {
    await using witness = await Witness.create();
    const warnings: string[] = [];
    const { log } = testContext();
    const turn = run(`${stubborn(witness)} & echo answer`, {
      log: { ...log, warn: (line) => warnings.push(line) },
    });
    await witness.up();
    assertEquals(await turn, { parts: [{ kind: "text", text: "answer" }] });
    await witness.gone();
    assertEquals(warnings.length, 1);
  },
);

Deno.test({
  name: "a process that left the group cannot hold a turn up",
  ignore: isWindows,
  // It reads nothing of its stdin, and a write that is under way cannot be taken back.
  sanitizeOps: false,
  async fn() {
    await using witness = await Witness.create();
    const stop = new AbortController();
    const turn = createBackend("exec", {
      cmd: `exec 4<&0; setsid ${stubborn(witness)} <&4 & wait`,
    }).handle(
      testMessage("x".repeat(1 << 20)),
      testContext({ signal: stop.signal }),
    ).catch((error: unknown) => error);
    const pid = await witness.up();
    stop.abort("stop");
    assertEquals(await turn, "stop");
    Deno.kill(-pid, "SIGKILL");
    await witness.gone();
  },
});

posix("killAllChildren() ends every command at once", async () => {
  await using first = await Witness.create();
  await using second = await Witness.create();
  const turns = [first, second].map((witness) =>
    run(`trap "" TERM; ${stubborn(witness)} & wait`)
  );
  await Promise.all([first.up(), second.up()]);
  killAllChildren();
  for (const error of await Promise.all(turns)) {
    assertBackendError(error, "retry", "SIGKILL");
  }
  await Promise.all([first.gone(), second.gone()]);
  killAllChildren();
});

posix("a turn leaves no listener on a signal that lives longer", async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  Object.assign(signal, {
    addEventListener: (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    },
    removeEventListener: (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    },
  });
  await run("cat", { signal });
  await run("exit 1", { signal });
  await run("yes", { signal });
  assertEquals(listeners, 0);
});

posix(
  "where deno may run the shell only, an abort still ends the shell",
  async () => {
    const module = new URL("../src/os/child_process.ts", import.meta.url).href;
    const program = `
    const { runChild } = await import(${JSON.stringify(module)});
    const stop = new AbortController();
    const run = runChild({
      command: "/bin/sh", args: ["-c", "exec sleep 1000"], env: {}, stdin: "",
      timeoutMs: 60_000, maxStdoutBytes: 1, stderrTailBytes: 1, signal: stop.signal,
    });
    stop.abort("stop");
    console.log(await run.catch((reason) => reason));
  `;
    const path = await Deno.makeTempFile({ suffix: ".ts" });
    await Deno.writeTextFile(path, program);
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        "--no-config",
        "--no-lock",
        "--allow-read",
        "--allow-run=/bin/sh",
        path,
      ],
    }).output();
    await Deno.remove(path);
    const text = new TextDecoder();
    assertEquals(text.decode(stdout), "stop\n", text.decode(stderr));
  },
);

posix(
  "lines are handed over as they come, however many they are; one that is too long ends the command",
  async () => {
    const lines: string[] = [];
    const call = {
      command: "/bin/sh",
      env: {},
      stdin: "",
      timeoutMs: 60_000,
      onLine: (line: string) => void lines.push(line),
    };
    const many = await runCommand({
      ...call,
      args: ["-c", "/usr/bin/yes 0123456789 | /usr/bin/head -n 600000"],
    }, testContext());
    assertEquals([lines.length, many.stdout], [600_000, ""]);
    const error = await runCommand({
      ...call,
      args: ["-c", "/bin/cat /dev/zero"],
    }, testContext()).catch((error: unknown) => error);
    assertBackendError(error, "final", "a line of its output");
  },
);

posix(
  "what the taker of a line throws ends the command, and is thrown",
  async () => {
    await using witness = await Witness.create();
    const turn = runCommand({
      command: "/bin/sh",
      args: [
        "-c",
        `exec 3>${witness.path}; echo $$ >&3; echo line; sleep 1000`,
      ],
      env: { PATH: Deno.env.get("PATH") ?? "" },
      stdin: "",
      timeoutMs: 60_000,
      onLine: () => {
        throw new Error("no such line");
      },
    }, testContext()).catch((error: unknown) => error);
    await witness.up();
    await witness.gone();
    assertStringIncludes(String(await turn), "no such line");
  },
);
