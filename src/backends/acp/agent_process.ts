/**
 * The process of an agent that stays: lines in, lines out, and an end that leaves nothing of it.
 *
 * @module
 */
import { type ChildGroup, startGroup } from "../../os/child_group.ts";
import {
  type Pump,
  type ReadingPump,
  readTail,
} from "../../os/child_streams.ts";
import { readLines } from "../../os/lines.ts";
import { within } from "../../os/within.ts";
import { plainText } from "../plain_text.ts";
import { MAX_LINE_BYTES } from "../command/run_command.ts";
import type { OwnFile } from "./own_file.ts";

const STDERR_TAIL_BYTES = 8 * 1024;
/** How long an agent may take to end by itself once its stdin is closed. */
const LEAVE_MS = 1_000;
/** Between the polite signal and the one that cannot be ignored. */
const KILL_AFTER_MS = 2_000;
/** How long a killed one may take to be gone, or its pipes to be at their end. */
const GONE_MS = 1_000;

/** How an agent is started. */
export interface AgentCommand {
  /** The program: a path, or a name to be looked up in the PATH of `env`. */
  readonly command: string;
  /** Its arguments. */
  readonly args: readonly string[];
  /** A file that it is started with. */
  readonly file?: OwnFile | undefined;
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Where it works. */
  readonly cwd: string;
}

/** What is done with it. */
export interface AgentProcessOptions {
  /** Takes a line of its stdout. */
  readonly onLine: (line: string) => void;
  /** Told its pid; what it gives is disposed at the process's end. */
  readonly onStarted?: ((pid: number) => Disposable) | undefined;
}

/** A running agent. */
export class AgentProcess {
  /** Resolves with how it ended, in words, when it and its group are gone; it never rejects. */
  readonly ended: Promise<string>;

  readonly #group: ChildGroup;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #stdout: Pump;
  readonly #stderr: ReadingPump;
  #ending: Promise<void> | undefined;
  #overflowed = false;

  private constructor(
    group: ChildGroup,
    { onLine, onStarted }: AgentProcessOptions,
  ) {
    this.#group = group;
    const { child } = group;
    this.#writer = child.stdin.getWriter();
    // It rejects when the process ends, which is noticed elsewhere.
    this.#writer.closed.catch(() => {});
    this.#stdout = readLines(child.stdout, {
      maxLineBytes: MAX_LINE_BYTES,
      onLine,
      onOverflow: () => {
        this.#overflowed = true;
        void this.end({ politely: false });
      },
    });
    this.#stderr = readTail(child.stderr, STDERR_TAIL_BYTES);
    this.ended = this.#attend(onStarted?.(child.pid));
  }

  /** @throws {Deno.errors.NotFound} and its like if the command cannot be started. */
  static start(
    { command, args, env, cwd }: AgentCommand,
    options: AgentProcessOptions,
  ): AgentProcess {
    const group = startGroup(command, {
      args: [...args],
      clearEnv: true,
      env: { ...env },
      cwd,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    });
    return new AgentProcess(group, options);
  }

  /** Whether a line was longer than a line may be; then it is being ended. */
  get overflowed(): boolean {
    return this.#overflowed;
  }

  /** Writes a line. One that ends before it reads it is noticed by its end. */
  write(line: string): void {
    this.#writer.write(new TextEncoder().encode(`${line}\n`)).catch(() => {});
  }

  /** Ends it: its stdin is closed, if `politely` with a moment to end by itself, then its group is ended. */
  end({ politely = true }: { readonly politely?: boolean } = {}): Promise<
    void
  > {
    return this.#ending ??= this.#end(politely);
  }

  async #end(politely: boolean): Promise<void> {
    const { status } = this.#group.child;
    this.#writer.close().catch(() => {});
    if (!politely || !await within(status, LEAVE_MS)) {
      this.#group.signal("SIGTERM");
      if (!await within(status, KILL_AFTER_MS)) this.#group.signal("SIGKILL");
    }
    await within(this.ended, GONE_MS);
  }

  async #attend(started: Disposable | undefined): Promise<string> {
    const { status } = this.#group.child;
    const { code, signal } = await status;
    // What it started may still run, and hold its pipes open.
    this.#group.signal("SIGKILL");
    await within(
      Promise.allSettled([this.#stdout.done, this.#stderr.done]),
      GONE_MS,
    );
    this.#writer.abort().catch(() => {});
    await Promise.all([this.#stdout.stop(), this.#stderr.stop()]);
    this.#group[Symbol.dispose]();
    started?.[Symbol.dispose]();
    const how = signal === null
      ? `ended with exit code ${code}`
      : `was ended by ${signal}`;
    const stderr = plainText(this.#stderr.text()).trim();
    return stderr === "" ? how : `${how}: ${stderr}`;
  }
}
