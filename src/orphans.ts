/** What a connector that was killed left running is ended by the next one, before anything of it is run again. */
import { reached } from "./crash_points.ts";
import { endLeftOvers } from "./delivery/left_overs.ts";
import type { Logger } from "./log.ts";
import type { Journal } from "./state/journal.ts";
import type { Timing } from "./timing.ts";

/** What is needed to end orphans. */
export interface OrphanOptions {
  readonly journal: Journal;
  readonly timing: Timing;
  readonly log: Logger;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/**
 * Ends the processes of the saved turns and the saved children. To be called while the lock is held, and before a turn
 * runs: nothing that is ended then is one of ours.
 *
 * @throws the signal's reason.
 */
export async function endOrphans(
  { journal, ...rest }: OrphanOptions,
): Promise<void> {
  const turns = new Map<string, string>();
  for (const [id, { turn, row = id }] of journal.attempts) {
    if (turn !== undefined) turns.set(turn, row);
  }
  const children = [...journal.children].map(({ row, ...child }) => ({
    ...child,
    owner: row,
  }));
  if (turns.size + children.length > 0) {
    const left = await endLeftOvers({ turns, children, ...rest });
    const stays = new Set(left.map(({ pid }) => pid));
    for (const child of journal.children) {
      if (!stays.has(child.pid)) journal.children.delete(child);
    }
  }
  reached("orphans ended");
}
