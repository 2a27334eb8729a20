/** What `--dry-run` shows. */
import { DEFAULTS } from "../options.ts";
import type { ConnectSettings } from "./connect_settings.ts";

/** What would be done, line by line, without any secret. */
export function dryRunLines(settings: ConnectSettings): string[] {
  const { options, backendOptionNames: names } = settings;
  const withOptions = names.length === 0 ? "" : ` with ${names.join(", ")}`;
  const row = (name: string, value: string) => `  ${name.padEnd(11)} ${value}`;
  const { pollIntervalMs, sinceSecs, heartbeatIntervalMs, concurrency } = {
    ...DEFAULTS,
    ...Object.fromEntries(
      Object.entries(options).filter(([, value]) => value !== undefined),
    ),
  };
  return [
    "molecule: dry run: nothing is sent, nothing is written",
    row("platform", options.apiUrl),
    row("workspace", options.workspaceId),
    row("token", options.token === "" ? "none" : "given"),
    row("back end", options.backend.name + withOptions),
    row("state", options.stateDir),
    row("reading", `every ${pollIntervalMs} ms, at first ${sinceSecs} s back`),
    row("heartbeat", `every ${heartbeatIntervalMs} ms`),
    row(
      "at once",
      `${concurrency} conversation${concurrency === 1 ? "" : "s"}`,
    ),
  ];
}
