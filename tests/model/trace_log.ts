/** The connector's log as lines of a trace. */
import type { Logger } from "../../src/log.ts";
import type { Ledger } from "./ledger.ts";

/** A logger that tells `ledger`'s trace. */
export function traceLog(ledger: Ledger): Logger {
  const line = (level: string) => (text: string, fields?: unknown) =>
    ledger.note(() => `    ${level}: ${text} ${JSON.stringify(fields ?? {})}`);
  return {
    debug: line("debug"),
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
  };
}
