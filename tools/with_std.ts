/**
 * Runs deno so that `@std/*` resolves, whether JSR can be reached or not.
 *
 *     deno run -A tools/with_std.ts run -A cli.ts version
 *     deno run -A tools/with_std.ts test -P
 *
 * Where JSR answers, deno runs as asked. Where it does not, deno runs with `--no-lock` and an import map
 * that takes the same modules from npm (see std_from_npm.ts). MOLECULE_IMPORT_MAP names an import map to use
 * instead; the child finds the one in force under that name, so that tests which start the program run deno
 * directly with it and can kill it without a wrapper in between.
 */
import { npmImportMap } from "./std_from_npm.ts";

const IMPORT_MAP = "MOLECULE_IMPORT_MAP";
const JSR_PROBE = "https://jsr.io/@std/async/meta.json";
const PROBE_TIMEOUT_MS = 3_000;

/** Whether JSR answers from here; no answer within three seconds counts as no. */
async function jsrAnswers(): Promise<boolean> {
  try {
    const answer = await fetch(JSR_PROBE, {
      signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
    });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}

/** The import map to use, or "" where `deno.json` alone will do. */
export async function importMap(): Promise<string> {
  const given = Deno.env.get(IMPORT_MAP);
  if (given !== undefined) return given;
  return await jsrAnswers() ? "" : await npmImportMap();
}

/** `args` with the flags that make deno use `map`, placed behind the subcommand. */
export function withImportMap(args: readonly string[], map: string): string[] {
  const [subcommand = "", ...rest] = args;
  const takesMap = [
    "run",
    "test",
    "check",
    "bundle",
    "compile",
    "doc",
    "cache",
    "bench",
  ].includes(subcommand);
  return map === "" || !takesMap
    ? [...args]
    : [subcommand, "--no-lock", `--import-map=${map}`, ...rest];
}

/** A signal that comes again within this time is the same one: a terminal's reaches us, and `deno task` hands it on. */
const SAME_SIGNAL_MS = 250;

/**
 * Runs deno with `args`, hands SIGINT and SIGTERM on to it, and returns its exit code. The child has a process group of
 * its own, so that a Ctrl-C in the terminal reaches it once, by way of us, and not twice.
 */
export async function deno(
  args: readonly string[],
  options: { env?: Record<string, string>; quietOutput?: boolean } = {},
): Promise<number> {
  const map = await importMap();
  const isWindows = Deno.build.os === "windows";
  const child = new Deno.Command(Deno.execPath(), {
    args: withImportMap(args, map),
    env: { ...options.env, [IMPORT_MAP]: map },
    stdin: "inherit",
    stdout: options.quietOutput ? "null" : "inherit",
    stderr: "inherit",
    detached: !isWindows,
  }).spawn();
  let lastAt = -Infinity;
  const forward = (signal: Deno.Signal) => () => {
    const now = performance.now();
    if (now - lastAt < SAME_SIGNAL_MS) return;
    lastAt = now;
    try {
      child.kill(signal);
    } catch (error) {
      // The child ended between the signal and now: its exit code is on its way.
      if (!(error instanceof TypeError)) throw error;
    }
  };
  const signals: Deno.Signal[] = isWindows
    ? ["SIGINT"]
    : ["SIGINT", "SIGTERM", "SIGHUP"];
  const handlers = signals.map((signal) => [signal, forward(signal)] as const);
  for (const [signal, handler] of handlers) {
    Deno.addSignalListener(signal, handler);
  }
  const { code } = await child.status;
  for (const [signal, handler] of handlers) {
    Deno.removeSignalListener(signal, handler);
  }
  return code;
}

if (import.meta.main) Deno.exit(await deno(Deno.args));
