/**
 * Ends processes that are not our children: politely, then for certain, and never for longer than it was given.
 *
 * @module
 */
import { delay } from "@std/async/delay";
import { type EndSignal, killTree } from "./child_group.ts";
import type { LeftOver } from "./left_over.ts";
import { isWindows } from "./platform.ts";

/** How long to wait, in milliseconds. */
export interface EndTimes {
  /** Between the polite signal and the one that cannot be ignored. */
  readonly politeMs: number;
  /** How long what got the second may take to be gone: a process stuck in the kernel stays. */
  readonly goneMs: number;
}

/** What came of it. */
export interface Ending {
  /** The processes that are gone. */
  readonly ended: readonly LeftOver[];
  /** Those that would not go. */
  readonly left: readonly LeftOver[];
}

const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 100;

function send(pid: number, signal: EndSignal): void {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return; // gone meanwhile
    // Another user's, or a scoped --allow-run: it stays, and is told as what is left.
    if (error instanceof Deno.errors.PermissionDenied) return;
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
  }
}

function end({ pid, group }: LeftOver, signal: EndSignal): void {
  if (isWindows) return killTree(pid);
  if (group !== undefined) send(-group, signal);
  send(pid, signal);
}

/**
 * Ends what `find` finds until it finds nothing: looking again also finds what was started meanwhile. SIGTERM comes
 * first, and SIGKILL for whatever is there after `politeMs`.
 *
 * @throws the signal's reason.
 */
export async function endProcesses(
  find: () => LeftOver[] | Promise<LeftOver[]>,
  { politeMs, goneMs }: EndTimes,
  signal?: AbortSignal,
): Promise<Ending> {
  const begun = performance.now();
  const asked = new Map<number, LeftOver>();
  for (let pause = FIRST_PAUSE_MS;;) {
    const left = await find();
    const elapsed = performance.now() - begun;
    if (left.length === 0 || elapsed > politeMs + goneMs) {
      for (const { pid } of left) asked.delete(pid);
      return { ended: [...asked.values()], left };
    }
    for (const process of left) {
      if (elapsed >= politeMs) end(process, "SIGKILL");
      else if (!asked.has(process.pid)) end(process, "SIGTERM");
      asked.set(process.pid, process);
    }
    await delay(pause, signal === undefined ? {} : { signal });
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}
