/**
 * The steps between which a crash must do no harm, by name. Nothing listens to them but suites that end the process
 * exactly there.
 */

/** Every step, in the order in which a message meets them. */
export const CRASH_POINTS = [
  // start
  "lock taken",
  "orphans ended",
  "token minted",
  "token saved",
  "registered",
  "floor saved",
  // reading
  "cursor gone back",
  "cursor gone back saved",
  "row taken in",
  "refusal in outbox",
  "cursor lost",
  "cursor lost saved",
  // a turn
  "attempt counted",
  "attempt saved",
  "file fetched",
  "child saved",
  "cut saved",
  "turn ended",
  "session written",
  "epoch begun",
  "reply in outbox",
  "reply saved",
  "file acknowledged",
  "turn failed",
  "wait in outbox",
  "wait saved",
  // a Stop of a sender's
  "stop obeyed",
  "stop saved",
  // giving up
  "dead letter written",
  "given up",
  "given up saved",
  // trying again what was given up
  "retry taken in",
  "retry saved",
  "retry file removed",
  "retry forgotten",
  // the outbox
  "attempt marked",
  "post begun",
  "post answered",
  "upload answered",
  "upload saved",
  "bubbles in outbox",
  "bubbles saved",
  "outcome found",
  "entry removed",
  "entry removed saved",
  "answer buried",
  // files
  "file begun",
  "file written",
  "file synced",
  "file renamed",
  "directory synced",
  "file moved",
  "segment written",
  "reply file written",
  "state written",
  "dropped file removed",
  "leftovers removed",
  // a stop
  "stop begun",
  "turns drained",
  "outbox ended",
  "last answers tried",
  "last state saved",
  "lock freed",
] as const;

/** The name of a step. */
export type CrashPoint = typeof CRASH_POINTS[number];

let listener: ((point: CrashPoint) => void) | undefined;

/** The step was reached. */
export function reached(point: CrashPoint): void {
  listener?.(point);
}

/** Tells each step to `listen` from now on. */
export function onCrashPoint(listen: (point: CrashPoint) => void): void {
  listener = listen;
}
