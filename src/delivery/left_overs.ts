/** What turns left running is ended, and told: before a turn runs again, nothing of its last run may still act. */
import { TURN_VARIABLE } from "../backends/command/child_env.ts";
import { reason } from "../errors.ts";
import type { Logger } from "../log.ts";
import { endProcesses } from "../os/end_processes.ts";
import {
  carrying,
  type KnownProcess,
  type LeftOver,
  stillRunning,
} from "../os/left_over.ts";
import { shortId } from "../short_id.ts";
import type { Timing } from "../timing.ts";

/** What to look for, and how. */
export interface LeftOverSearch {
  /** Rows by the id of their turn. */
  readonly turns: ReadonlyMap<string, string>;
  /** Processes that were kept; their owners are rows. */
  readonly children?: readonly KnownProcess[];
  readonly timing: Pick<Timing, "leftOverPoliteMs" | "leftOverGoneMs">;
  readonly log: Logger;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
}

/** `1 process`, `3 processes`. */
function counted(count: number): string {
  return `${count} process${count === 1 ? "" : "es"}`;
}

/**
 * Ends every process that carries the id of one of the turns, and every kept one that still runs. Gives those that would
 * not end.
 *
 * @throws the signal's reason.
 */
export async function endLeftOvers(
  { turns, children = [], timing, log, signal }: LeftOverSearch,
): Promise<readonly LeftOver[]> {
  const owners = new Map(
    [...turns].map(([turn, row]) => [`${TURN_VARIABLE}=${turn}`, row]),
  );
  let mayLook = true;
  const carriers = () => {
    try {
      return mayLook ? carrying(owners) : [];
    } catch (error) {
      // Where Deno may not read /proc, or there is none, the kept ones are all that can be found.
      mayLook = false;
      log.warn(
        "Cannot look for processes that an interrupted turn left running",
        {
          error: reason(error),
        },
      );
      return [];
    }
  };
  const find = async () => {
    const found = carriers();
    const known = new Set(found.map(({ pid }) => pid));
    const kept = await stillRunning(children);
    return [...found, ...kept.filter(({ pid }) => !known.has(pid))];
  };
  const { ended, left } = await endProcesses(find, {
    politeMs: timing.leftOverPoliteMs,
    goneMs: timing.leftOverGoneMs,
  }, signal);
  for (const [row, group] of Map.groupBy(ended, ({ owner }) => owner)) {
    log.warn(
      `Ended ${counted(group.length)} that an interrupted turn left running`,
      { row: shortId(row) },
    );
  }
  for (const [row, group] of Map.groupBy(left, ({ owner }) => owner)) {
    log.error(
      `${counted(group.length)} of an interrupted turn cannot be ended`,
      { row: shortId(row), pids: group.map(({ pid }) => pid).join(", ") },
    );
  }
  return left;
}
