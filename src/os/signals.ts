/** The signals by which an operating system asks a program to end. */

/** SIGBREAK is Ctrl+Break; SIGHUP is a closed terminal or console window. */
const STOP_SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

/** Calls `handler` at each stop signal until the function that it returns is called. */
export function onStopSignal(
  handler: (signal: Deno.Signal) => void,
): () => void {
  const listeners: (readonly [Deno.Signal, () => void])[] = [];
  for (const signal of STOP_SIGNALS) {
    const listener = () => handler(signal);
    try {
      Deno.addSignalListener(signal, listener);
      listeners.push([signal, listener]);
    } catch (error) {
      // An older Deno on Windows does not know each of them: the others still work.
      if (!(error instanceof TypeError)) throw error;
    }
  }
  return () => {
    for (const [signal, listener] of listeners.splice(0)) {
      Deno.removeSignalListener(signal, listener);
    }
  };
}
