/** What an operator who reads the log of last week wants to know of a start. */
import type { ConnectSettings } from "./connect_settings.ts";
import { VERSION } from "../version.ts";

/** Lines for the log, short enough for a terminal. */
export function startLines(
  { apiUrl, backend, stateDir }: Pick<
    ConnectSettings["options"],
    "apiUrl" | "backend" | "stateDir"
  >,
  pid: number,
): string[] {
  return [
    `Platform ${apiUrl}, back end ${backend.name}`,
    `State ${stateDir}, molecule ${VERSION}, pid ${pid}`,
  ];
}
