/** For each crash point: in which scenario it is reached, and how often at least. */
import type { CrashPoint } from "../../src/crash_points.ts";
import type { Kill } from "./child.ts";
import {
  begunAnew,
  cutByStop,
  damagedState,
  fileIn,
  fileOut,
  firstStart,
  longAnswer,
  lostCursor,
  manyRows,
  outsideChannel,
  overloaded,
  poison,
  pressedStop,
  processLeft,
  refusedPerson,
  refusingPeer,
  retried,
  type Scenario,
  stoppedMidway,
  usual,
  veryLateRow,
} from "./scenarios.ts";

/** Where a point is reached. */
export interface Plan {
  readonly scenario: Scenario;
  /** The occurrences at which the process is killed; the first one comes first. */
  readonly nths: readonly number[];
  /** Whether the next life reaches the first occurrence again, so that recovery can be killed too. */
  readonly again: boolean;
  /** Kills that go before: only a life after them has something to do there. */
  readonly lead: readonly Kill[];
}

const once = (scenario: Scenario): Plan => ({
  scenario,
  nths: [1],
  again: false,
  lead: [],
});
const each = (scenario: Scenario, ...nths: number[]): Plan => ({
  scenario,
  nths: [1, ...nths],
  again: true,
  lead: [],
});

/** The points that the usual scenario does not lead past once per message. A new point belongs here unless it does. */
const SPECIAL: Partial<Record<CrashPoint, Plan>> = {
  "lock taken": each(usual),
  "leftovers removed": each(usual),
  "registered": each(usual),
  "token minted": each(firstStart),
  "token saved": once(firstStart),
  "floor saved": once(usual),
  "cursor gone back": once(veryLateRow),
  "cursor gone back saved": once(veryLateRow),
  "cursor lost": each(lostCursor),
  "cursor lost saved": once(lostCursor),
  "session written": each(usual, 2, 3),
  "epoch begun": each(begunAnew, 2),
  "wait in outbox": once(overloaded),
  "wait saved": once(overloaded),
  "stop obeyed": each(pressedStop),
  "stop saved": once(pressedStop),
  "turn failed": each(poison, 2, 5),
  "dead letter written": each(poison, 2),
  "given up": each(poison, 2),
  "given up saved": each(poison, 2),
  "orphans ended": {
    ...each(processLeft),
    lead: [{ at: "child saved", nth: 1 }],
  },
  "child saved": each(processLeft),
  "cut saved": once(cutByStop),
  "answer buried": each(refusingPeer),
  "bubbles in outbox": each(longAnswer, 2),
  "bubbles saved": each(longAnswer, 2),
  "refusal in outbox": each(refusedPerson, 2),
  "outcome found": each(usual, 3),
  "file fetched": each(fileIn, 2),
  "file acknowledged": each(fileIn, 2),
  "upload answered": each(fileOut, 2),
  "upload saved": each(fileOut, 2),
  "retry taken in": each(retried, 2, 3),
  "retry saved": each(retried, 2, 3),
  "retry file removed": each(retried, 2, 3),
  "retry forgotten": each(retried, 2),
  "file moved": once(damagedState),
  "segment written": each(manyRows),
  "dropped file removed": each(manyRows, 2),
  "reply file written": each(usual, 2),
  "stop begun": once(stoppedMidway),
  "turns drained": once(stoppedMidway),
  "outbox ended": once(stoppedMidway),
  "last answers tried": once(stoppedMidway),
  "last state saved": once(stoppedMidway),
  "lock freed": once(stoppedMidway),
};

/** The points of an answer's way, which one to a channel passes too: there a repeat would be a second message. */
export const CHANNEL_PLANS: readonly (readonly [CrashPoint, Plan])[] = ([
  "reply saved",
  "attempt marked",
  "post begun",
  "post answered",
  "outcome found",
  "entry removed",
  "entry removed saved",
] as const).map((point) => [point, each(outsideChannel, 2, 3, 4)]);

/** Where `point` is reached. */
export function planOf(point: CrashPoint): Plan {
  return SPECIAL[point] ?? each(usual, 4, 9);
}

/** Kills right behind an event that was told. */
export const TOLD_POINTS = [
  "told message",
  "told turn_started",
  "told asked",
  "told answered",
  "told delivered",
  "told cursor",
] as const;
