/** The connector's log and events as lines of a trace. */
import type { ConnectEvent } from "../../src/connection.ts";
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

/** An event in one line. */
export function showEvent(event: ConnectEvent): string {
  const { type, ...rest } = event;
  const shown = Object.entries(rest).map(([name, value]) =>
    `${name}=${String(value).slice(0, 60)}`
  );
  return [type, ...shown].join(" ");
}
