/**
 * Child processes together with everything that they start in turn: how they are begun so that all of it can be
 * ended, and the ending.
 *
 * @module
 */
import { isWindows } from "./platform.ts";

/** A signal that ends processes. On Windows each of them ends them at once. */
export type EndSignal = "SIGINT" | "SIGTERM" | "SIGKILL";

const live = new Set<Deno.ChildProcess>();

/** A running child that leads a group of its own. Disposing it only forgets it: it ends nothing. */
export interface ChildGroup extends Disposable {
  /** The process that leads the group. */
  readonly child: Deno.ChildProcess;
  /** Sends `signal` to every process of the group; nothing happens where none is left. */
  signal(signal: EndSignal): void;
}

/** Ends a process of Windows, which has no groups, with all that it started: its own tool walks the tree. */
export function killTree(pid: number): void {
  new Deno.Command("taskkill", {
    args: ["/PID", String(pid), "/T", "/F"],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).outputSync();
}

function signalChild(child: Deno.ChildProcess, signal: EndSignal): void {
  try {
    child.kill(signal);
  } catch (error) {
    // Deno's answer for a child that has ended already.
    if (!(error instanceof TypeError)) throw error;
  }
}

function signalGroup(child: Deno.ChildProcess, signal: EndSignal): void {
  if (isWindows) return killTree(child.pid);
  try {
    Deno.kill(-child.pid, signal);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return; // the whole group is gone
    // macOS says so of a group whose last members wait to be reaped; elsewhere they belong to another user by now.
    if (error instanceof Deno.errors.PermissionDenied) return;
    // Signalling a group needs an unscoped --allow-run. With a scoped one the leader at least can be ended.
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    signalChild(child, signal);
  }
}

/**
 * Starts `command` as the leader of a group of its own. It gets no Ctrl-C of the terminal and outlives this
 * process, so whoever starts it has to end it.
 */
export function startGroup(
  command: string,
  options: Omit<Deno.CommandOptions, "detached">,
): ChildGroup {
  // On Windows a detached child would leave the job that ends it together with this process.
  const child = new Deno.Command(command, { ...options, detached: !isWindows })
    .spawn();
  live.add(child);
  return {
    child,
    signal: (signal) => signalGroup(child, signal),
    [Symbol.dispose]: () => void live.delete(child),
  };
}

/** Ends every child that still runs, at once. For the last moment before this process exits. */
export function killAllChildren(): void {
  for (const child of live) signalGroup(child, "SIGKILL");
}
