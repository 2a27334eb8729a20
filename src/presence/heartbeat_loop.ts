/** Presence, and nothing else: a beat at once, then one on each tick of its own timer, and when there is something new. */
import { delay } from "@std/async/delay";
import { PermanentError, reason, TransientError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { PlatformClient } from "../platform/client.ts";
import type { Gate } from "../platform/gate.ts";
import type { Pulse } from "../pulse.ts";
import type { Heartbeat } from "../platform/wire.ts";
import { Backoff } from "../retry.ts";
import type { Timing } from "../timing.ts";
import type { BeatTimes } from "./beat_times.ts";
import type { Registrar } from "./registrar.ts";

/** What the loop needs. */
export interface HeartbeatLoopOptions {
  readonly client: PlatformClient;
  readonly registrar: Registrar;
  readonly gate: Gate;
  /** Shows that the loop goes on. */
  readonly pulse: Pulse;
  readonly intervalMs: number;
  readonly timing: Timing;
  readonly log: Logger;
  /** What a beat says, and when the next one is due. */
  readonly times: Pick<BeatTimes, "next" | "answered" | "rest">;
  /** Whether the feed reads well; only then is a refused workspace registered again. */
  readonly feedIsGood: () => boolean;
  /** A beat was taken. */
  readonly onBeat: (beat: Heartbeat) => void;
  /** A beat failed; `lasting` where beating stops. */
  readonly onFailure: (error: Error, lasting: boolean) => void;
  /** Beating goes on after a new registration. */
  readonly onResumed: () => void;
}

/** Beats until `signal` aborts. A refusal stops the beating, says why, and is never taken for more than that. */
export async function heartbeatLoop(
  options: HeartbeatLoopOptions,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await beatUntilRefused(options, signal);
    if (signal.aborted) return;
    await registerAgain(options, signal);
  }
}

const aborted = () => {}; // the loops' conditions see it

async function beatUntilRefused(
  options: HeartbeatLoopOptions,
  signal: AbortSignal,
): Promise<void> {
  const { client, gate, pulse, intervalMs, timing, log } = options;
  const { times, onBeat, onFailure } = options;
  const backoff = new Backoff(
    timing.backoffBaseMs,
    Math.min(timing.backoffCapMs, intervalMs),
  );
  while (!signal.aborted) {
    let waitMs = intervalMs;
    // What changes does not hurry an endpoint that fails.
    let rest = (ms: number) => gate.rest(ms, signal);
    try {
      const sent = await client.heartbeat(() => times.next(), signal);
      times.answered(true);
      rest = (ms) => times.rest(ms, signal);
      if (backoff.failures > 0) log.info("Heartbeats are taken again");
      backoff.reset();
      onBeat(sent);
    } catch (error) {
      if (signal.aborted) return;
      if (
        !(error instanceof PermanentError || error instanceof TransientError)
      ) throw error;
      times.answered(false);
      const lasting = error instanceof PermanentError;
      onFailure(error, lasting);
      if (lasting) {
        log.error("Heartbeats are refused and stop; the feed is read on", {
          error: reason(error),
        });
        return;
      }
      if (backoff.failures === 0) {
        log.warn("A heartbeat failed; trying on", { error: reason(error) });
      }
      waitMs = backoff.next(error.retryAfterMs);
    }
    pulse.beat(waitMs);
    await rest(waitMs).catch(aborted);
    pulse.beat();
  }
}

async function registerAgain(
  options: HeartbeatLoopOptions,
  signal: AbortSignal,
): Promise<void> {
  const { registrar, pulse, timing, log, feedIsGood, onResumed } = options;
  while (!signal.aborted) {
    pulse.beat(timing.reregisterEveryMs);
    await delay(timing.reregisterEveryMs, { signal }).catch(aborted);
    if (signal.aborted || !feedIsGood()) continue;
    try {
      await registrar.registerAgain(signal);
      log.info("Registered again; heartbeats go on");
      onResumed();
      return;
    } catch (error) {
      if (signal.aborted) return;
      if (
        !(error instanceof PermanentError || error instanceof TransientError)
      ) throw error;
      log.warn("Cannot register again; trying on", { error: reason(error) });
    }
  }
}
