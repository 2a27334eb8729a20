/**
 * Runs a command to its end: text in, text out, bounded in time and size, and nothing left running when it has to
 * be cut short.
 *
 * @module
 */
import { type ChildGroup, startGroup } from "./child_group.ts";
import { readHead, readTail, writeAll } from "./child_streams.ts";
import { readLines } from "./lines.ts";
import { within } from "./within.ts";

/** Between the interrupt, for a program that tidies up on it, and the polite signal. */
const TERM_AFTER_MS = 1_000;
/** Between the polite signal and the one that cannot be ignored. */
const KILL_AFTER_MS = 2_000;
/** The same, where it has to be gone at once. */
const KILL_AT_ONCE_AFTER_MS = 1_000;
/** How long a child that has ended may leave its output open: its own children may still be writing. */
const DRAIN_MS = 2_000;
/** How long a killed child may take to be gone. One stuck in the kernel must not take the caller with it. */
const GONE_MS = 1_000;

/** A reason to end a run at once: no interrupt comes first, and the signal that cannot be ignored a second later. */
export class EndAtOnce extends Error {
  /** The class's name. */
  override readonly name: string = "EndAtOnce";
}

/** A command and its bounds. */
export interface ChildOptions {
  /** The program: a path, or a name to be looked up in the PATH of `env`. */
  readonly command: string;
  /** Its arguments. */
  readonly args: readonly string[];
  /** On Windows: hand the arguments over as they are, for a program with rules of its own. */
  readonly rawArguments?: boolean;
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Its working directory; absent: that of this process. */
  readonly cwd?: string | undefined;
  /** What it finds on stdin. */
  readonly stdin: string;
  /** Longest run in milliseconds. */
  readonly timeoutMs: number;
  /** Most bytes that it may write to stdout; with `onLine`, most bytes of one line. */
  readonly maxStdoutBytes: number;
  /**
   * Takes stdout line by line, without line ends; nothing of it is kept then, and the whole may be of any length. What it
   * throws ends the run, and is thrown.
   */
  readonly onLine?: (line: string) => void;
  /** How many of the last bytes of stderr are kept. */
  readonly stderrTailBytes: number;
  /** Begin with SIGINT where the run has to be cut short: what the program makes of a Ctrl-C is more than an end. */
  readonly interrupt?: boolean;
  /** Ends the run; with an `EndAtOnce` in less time. */
  readonly signal: AbortSignal;
  /** Told the child's pid once it runs; what it gives is disposed at the end of the run. */
  readonly onStarted?: (pid: number) => Disposable;
}

/** How a run ended, and what it wrote. */
export interface ChildResult {
  /** By itself, at the time-out, or for having written more than it may. */
  readonly how: "exit" | "timeout" | "overflow";
  /** The exit code; -1 for a run that was cut short. */
  readonly code: number;
  /** The signal that ended it, where one did. */
  readonly signal: string | null;
  /** What it wrote to stdout; after an overflow, some of it; nothing where its lines were taken. */
  readonly stdout: string;
  /** The end of what it wrote to stderr. */
  readonly stderr: string;
  /** Whether something that it started still held its output open, and was ended for that. */
  readonly leftOpen: boolean;
}

/** Resolves with what happens first; leaves neither timer nor listener behind. */
async function firstOf(
  exited: Promise<unknown>,
  overflow: Promise<void>,
  { timeoutMs, signal }: ChildOptions,
): Promise<ChildResult["how"] | "abort"> {
  const stop = Promise.withResolvers<"timeout" | "abort">();
  const timer = setTimeout(() => stop.resolve("timeout"), timeoutMs);
  const onAbort = () => stop.resolve("abort");
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([
      stop.promise,
      overflow.then(() => "overflow" as const),
      exited.then(() => "exit" as const),
    ]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

async function endGroup(
  group: ChildGroup,
  ended: Promise<unknown>,
  { interrupt = false, signal }: ChildOptions,
): Promise<void> {
  const atOnce = signal.reason instanceof EndAtOnce;
  if (interrupt && !atOnce) {
    group.signal("SIGINT");
    await within(ended, TERM_AFTER_MS);
  }
  group.signal("SIGTERM");
  await within(ended, atOnce ? KILL_AT_ONCE_AFTER_MS : KILL_AFTER_MS);
  // Also where the leader obeyed: what it started may not have.
  group.signal("SIGKILL");
}

async function attend(
  group: ChildGroup,
  options: ChildOptions,
): Promise<ChildResult> {
  const { child } = group;
  const overflow = Promise.withResolvers<void>();
  let overflowed = false;
  const onOverflow = () => {
    overflowed = true;
    overflow.resolve();
  };
  const { onLine, maxStdoutBytes } = options;
  const stdout = onLine === undefined
    ? readHead(child.stdout, maxStdoutBytes, onOverflow)
    : {
      ...readLines(child.stdout, {
        maxLineBytes: maxStdoutBytes,
        onLine,
        onOverflow,
      }),
      text: () => "",
    };
  const stderr = readTail(child.stderr, options.stderrTailBytes);
  const stdin = writeAll(child.stdin, options.stdin);
  const ended = Promise.all([child.status, stdout.done, stderr.done]);
  const exited = Promise.race([child.status, ended]);

  let leftOpen = false;
  let how;
  try {
    how = await firstOf(exited, overflow.promise, options);
    if (how !== "exit") {
      await endGroup(group, ended, options);
    } else if (!await within(ended, DRAIN_MS)) {
      leftOpen = true;
      group.signal("SIGKILL");
    }
    await within(ended, GONE_MS);
  } finally {
    await Promise.all([stdin.stop(), stdout.stop(), stderr.stop()]);
  }
  if (how === "abort") options.signal.throwIfAborted();
  const status = how === "exit" ? await child.status : undefined;
  return {
    how: overflowed ? "overflow" : how === "timeout" ? "timeout" : "exit",
    code: status?.code ?? -1,
    signal: status?.signal ?? null,
    stdout: stdout.text(),
    stderr: stderr.text(),
    leftOpen,
  };
}

/**
 * Runs a command and waits for its end. Whatever cuts it short, its whole group is ended before this returns; a
 * process that left the group (`setsid`) is not, but it cannot hold this call up either.
 *
 * @throws the signal's reason, after the group was ended.
 * @throws {Deno.errors.NotFound} and its like if the command cannot be started.
 */
export async function runChild(options: ChildOptions): Promise<ChildResult> {
  options.signal.throwIfAborted();
  using group = startGroup(options.command, {
    args: [...options.args],
    windowsRawArguments: options.rawArguments ?? false,
    clearEnv: true,
    env: { ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
  try {
    using _ = options.onStarted?.(group.child.pid);
    return await attend(group, options);
  } catch (error) {
    // Also where a pipe failed: nobody would end the group afterwards.
    group.signal("SIGKILL");
    throw error;
  }
}
