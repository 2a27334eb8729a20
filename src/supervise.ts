/**
 * A loop that cannot get stuck unseen: where no step of it is completed for too long it is begun anew with new
 * connections, and where that does not help everything ends. Also begun anew is one that a sleep of the machine has
 * torn out of its time.
 */
import { delay } from "@std/async/delay";
import { ConnectError } from "./errors.ts";
import type { Logger } from "./log.ts";
import type { Pulse } from "./pulse.ts";
import type { Timing } from "./timing.ts";

/** After so many times in a row that did not help, the connection ends. */
const MAX_RESTARTS = 3;

/** A process that seems to have slept again within this time is busy. */
const BUSY_MS = 60_000;

/** What supervision needs. */
export interface SuperviseOptions {
  /** What gets stuck, in words for a log: `Reading the feed`. */
  readonly name: string;
  /** Shows the loop's steps. */
  readonly pulse: Pulse;
  /** No step takes longer than this, in milliseconds. */
  readonly stuckAfterMs: number;
  readonly timing: Pick<Timing, "superviseEveryMs" | "sleptMs">;
  readonly log: Logger;
  /** The loop was told to end and is begun anew: nothing that it used is to be trusted. */
  readonly onRestart: () => void;
}

/**
 * Runs `loop` until it ends by itself.
 *
 * @throws {ConnectError} `STUCK` where beginning it anew does not help.
 * @throws what `loop` throws.
 */
export async function supervise(
  loop: (signal: AbortSignal) => Promise<void>,
  options: SuperviseOptions,
  signal: AbortSignal,
): Promise<void> {
  const { name, pulse, log, onRestart } = options;
  const sleep = { at: -Infinity };
  for (let stuck = 0;;) {
    pulse.beat();
    const { beats } = pulse;
    const life = new AbortController();
    const running = loop(AbortSignal.any([signal, life.signal]));
    const what = await firstOf(running, options, sleep);
    if (what === "ended") return await running;
    life.abort(new Error(`${name} is begun anew`));
    running.catch(() => {}); // whatever it still comes to
    if (what === "stuck") {
      stuck = pulse.beats > beats ? 1 : stuck + 1;
      if (stuck > MAX_RESTARTS) {
        throw new ConnectError("STUCK", `${name} got stuck`, {
          hint:
            "start it again; if that does not help, look at the disk and at the network",
        });
      }
      log.error(`${name} got stuck; it is begun anew with new connections`);
    } else {
      log.info(`${name}: the machine was asleep; going on at once`);
    }
    onRestart();
  }
}

/** What comes first: the loop ends, no step of it is completed any more, or the machine slept. */
async function firstOf(
  running: Promise<void>,
  options: SuperviseOptions,
  sleep: { at: number },
): Promise<"ended" | "stuck" | "slept"> {
  const over = new AbortController();
  const end = () => over.abort();
  running.then(end, end);
  const { pulse, stuckAfterMs, timing: { superviseEveryMs, sleptMs } } =
    options;
  for (let before = Date.now();;) {
    try {
      await delay(superviseEveryMs, { signal: over.signal });
    } catch {
      return "ended";
    }
    const now = Date.now();
    const isLate = now - before > superviseEveryMs + sleptMs;
    before = now;
    if (isLate) {
      // Its own tick came too late: nobody was awake, so nobody is stuck. A process that is only too busy looks the same,
      // and must not be torn out of its work again and again.
      if (now - sleep.at < BUSY_MS) {
        pulse.beat();
        continue;
      }
      sleep.at = now;
      return "slept";
    }
    if (pulse.lateMs > stuckAfterMs) return "stuck";
  }
}
