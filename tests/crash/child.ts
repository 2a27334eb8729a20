/**
 * A connector in a process of its own, which kills itself exactly where it is told to. It tells what happens to it, one
 * JSON object a line, on stdout; the end of stdin ends it as a signal would.
 */
import type { ConnectEvent, Logger, Origin } from "../../mod.ts";
import { connectWith } from "../../src/connect.ts";
import { onCrashPoint } from "../../src/crash_points.ts";
import { QUICK } from "../harness.ts";
import { scriptedBackend } from "./backend.ts";

/** Where a process kills itself. */
export interface Kill {
  /** A crash point, or the type of an event behind `told `; absent: any of them counts. */
  readonly at?: string;
  /** At which occurrence. */
  readonly nth: number;
}

/** What the parent gives as the one argument, in JSON. */
export interface CrashJob {
  readonly url: string;
  readonly id: string;
  readonly token: string;
  readonly stateDir: string;
  readonly concurrency: number;
  readonly maxAttempts: number;
  readonly sinceSecs: number;
  /** A turn takes up to about this long, in milliseconds. */
  readonly turnMs: number;
  /** The back end cannot answer some messages now that it could at other times. */
  readonly isSick: boolean;
  /** How long a stop waits for running turns, in milliseconds. */
  readonly graceMs: number;
  /** How far equal bubbles are kept apart, in milliseconds. */
  readonly echoAfterMs: number;
  readonly resetCommand?: string;
  readonly allowOrigins?: readonly Origin[];
  /** From such a pause of the back end on senders are told that they wait. */
  readonly weatherTellMs?: number;
  readonly kill?: Kill;
}

/** What a child tells. */
export type Told =
  | ConnectEvent
  | {
    readonly type: "asked";
    readonly row: string;
    readonly text: string;
    /** The session's id, whether it is new, and the texts that it has seen, as the back end kept them. */
    readonly session: string;
    readonly fresh: boolean;
    readonly seen: readonly string[];
  }
  | { readonly type: "spawned"; readonly pid: number }
  | { readonly type: "log"; readonly level: string; readonly text: string }
  | { readonly type: "killed"; readonly at: string; readonly nth: number }
  | { readonly type: "failed"; readonly reason: string };

function tell(told: Told): void {
  const line = new TextEncoder().encode(JSON.stringify(told) + "\n");
  for (let done = 0; done < line.length;) {
    done += Deno.stdout.writeSync(line.subarray(done));
  }
}

/** Counts steps, and ends the process without a word to anybody at the one that `kill` means. */
function stepCounter(kill: Kill | undefined): (name: string) => void {
  const counts = new Map<string, number>();
  let all = 0;
  return (name) => {
    const nth = (counts.get(name) ?? 0) + 1;
    counts.set(name, nth);
    all++;
    if (kill === undefined || (kill.at ?? name) !== name) return;
    if (kill.nth !== (kill.at === undefined ? all : nth)) return;
    tell({ type: "killed", at: name, nth: kill.nth });
    Deno.kill(Deno.pid, "SIGKILL");
  };
}

function teller(level: string): Logger["info"] {
  return (text) => tell({ type: "log", level, text });
}

async function run(job: CrashJob): Promise<void> {
  const step = stepCounter(job.kill);
  onCrashPoint(step);
  const told = (event: Told) => {
    tell(event);
    step(`told ${event.type}`);
  };
  const stop = new AbortController();
  const connection = await connectWith({
    apiUrl: job.url,
    workspaceId: job.id,
    token: job.token,
    stateDir: job.stateDir,
    concurrency: job.concurrency,
    maxAttempts: job.maxAttempts,
    sinceSecs: job.sinceSecs,
    graceMs: job.graceMs,
    resetCommand: job.resetCommand,
    allowOrigins: job.allowOrigins,
    pollIntervalMs: 10,
    heartbeatIntervalMs: 50,
    signal: stop.signal,
    onEvent: told,
    log: {
      debug: () => {},
      info: () => {},
      warn: teller("warn"),
      error: teller("error"),
    },
    backend: scriptedBackend(job, told),
  }, {
    ...QUICK,
    echoAfterMs: job.echoAfterMs,
    weatherTellMs: job.weatherTellMs ?? QUICK.weatherTellMs,
  });
  void (async () => {
    for await (const _ of Deno.stdin.readable); // nothing is ever said
    stop.abort();
  })();
  const failure = await connection.closed;
  if (failure !== undefined) throw failure;
}

if (import.meta.main) {
  try {
    await run(JSON.parse(Deno.args[0]!));
  } catch (error) {
    tell({ type: "failed", reason: String(error) });
    Deno.exitCode = 1;
  }
}
