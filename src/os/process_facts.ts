/**
 * What tells one process from every other that has had, or will have, the same pid.
 *
 * @module
 */
import { isLinux, isWindows } from "./platform.ts";

/** A running process. */
export interface ProcessFacts {
  /**
   * When it started, in the system's own words: only to be compared with what the same system said before. A pid that
   * was given to another process comes with another one.
   */
  readonly started: string;
  /** Its process group; 0 where the system has none. */
  readonly group: number;
}

/** Whether `pid` is one that may be signalled: 0, 1 and negative ones mean groups, everybody, or the system's first. */
export function isPid(pid: unknown): pid is number {
  return Number.isSafeInteger(pid) && (pid as number) > 1;
}

/** Whether a file of `/proc` is gone, or belongs to another user. */
export function isOutOfReach(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound ||
    error instanceof Deno.errors.PermissionDenied ||
    // ESRCH, for which Deno has neither class nor code: a process that has just ended, or one of the kernel's own.
    (error instanceof Error && error.message.includes("(os error 3)"));
}

let bootId: string | undefined;

/** Start times count from the boot, so they are told together with which boot it was. */
function currentBoot(): string {
  return bootId ??= Deno.readTextFileSync("/proc/sys/kernel/random/boot_id")
    .trim();
}

/** @throws {Deno.errors.NotCapable} unless Deno may do everything: it lets nobody else read `/proc`. */
export function factsFromProc(pid: number): ProcessFacts | undefined {
  let stat: string;
  try {
    stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  } catch (error) {
    if (isOutOfReach(error)) return undefined;
    throw error;
  }
  // The second field is the program's name in brackets, and may itself hold brackets and spaces.
  const [state, , group, ...rest] = stat.slice(stat.lastIndexOf(")") + 2)
    .split(" ");
  // A process that has ended and that nobody has asked after yet.
  if (state === "Z" || state === "X") return undefined;
  return { started: `${currentBoot()} ${rest[16]}`, group: Number(group) };
}

/** What a program of the system prints; undefined where it cannot be run or fails. */
async function printed(
  command: string,
  args: string[],
  env: Record<string, string>,
): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command(command, {
      args,
      env,
      stdin: "null",
      stderr: "null",
    }).output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch {
    return undefined; // not there, or not allowed: then nothing is known, and nothing is signalled
  }
}

async function factsFromPs(pid: number): Promise<ProcessFacts | undefined> {
  const text = await printed(
    "ps",
    ["-p", String(pid), "-o", "state=", "-o", "pgid=", "-o", "lstart="],
    { LC_ALL: "C", TZ: "UTC0" }, // the same words in each run
  );
  const [, state, group, started] =
    /^(\S+)\s+(\d+)\s+(\S.*\d{4})$/.exec(text ?? "") ?? [];
  if (started === undefined || state!.startsWith("Z")) return undefined;
  return { started, group: Number(group) };
}

async function factsFromPowerShell(
  pid: number,
): Promise<ProcessFacts | undefined> {
  const text = await printed("powershell.exe", [
    ...["-NoProfile", "-NonInteractive", "-Command"],
    `(Get-Process -Id ${pid}).StartTime.ToUniversalTime().Ticks`,
  ], {});
  return /^\d+$/.test(text ?? "") ? { started: text!, group: 0 } : undefined;
}

/** The facts of a process; undefined where it has ended, or where they cannot be told. */
export async function processFacts(
  pid: number,
): Promise<ProcessFacts | undefined> {
  if (isWindows) return await factsFromPowerShell(pid);
  if (isLinux) {
    try {
      return factsFromProc(pid);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotCapable)) throw error;
    }
  }
  return await factsFromPs(pid);
}
