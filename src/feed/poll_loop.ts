/** Reads the feed for as long as the connection lives. No failure ends it, but a refusal that is proven to last. */
import {
  ConnectError,
  PermanentError,
  reason,
  ROTATE_CREDENTIALS,
  TransientError,
  workspaceGone,
} from "../errors.ts";
import type { Logger } from "../log.ts";
import type { PlatformClient } from "../platform/client.ts";
import type { Gate } from "../platform/gate.ts";
import type { Pulse } from "../pulse.ts";
import type { Registrar } from "../presence/registrar.ts";
import { Backoff } from "../retry.ts";
import type { Timing } from "../timing.ts";
import type { Feed } from "./feed.ts";

/** What the loop needs. */
export interface PollLoopOptions {
  readonly workspaceId: string;
  readonly feed: Feed;
  readonly client: PlatformClient;
  readonly gate: Gate;
  /** Shows that the loop goes on. */
  readonly pulse: Pulse;
  readonly registrar: Registrar;
  readonly intervalMs: number;
  readonly timing: Timing;
  readonly log: Logger;
  /** Told of each read: the error, or undefined after a good one; and whether it went to the end of the feed. */
  readonly onRead: (error: unknown, complete: boolean) => void;
  /** Asked after each read that went to the end of the feed; true ends the loop. */
  readonly isEnough: () => boolean;
}

/**
 * Polls until `signal` aborts or `isEnough()` says so.
 *
 * @throws {ConnectError} `TOKEN_REFUSED` or `WORKSPACE_GONE` where going on is useless.
 */
export async function pollLoop(
  options: PollLoopOptions,
  signal: AbortSignal,
): Promise<void> {
  const { feed, gate, pulse, intervalMs, timing, log, onRead, isEnough } =
    options;
  const backoff = new Backoff(
    Math.min(timing.backoffBaseMs, intervalMs),
    timing.backoffCapMs,
  );
  const refusal = new Refusal(options);
  let lost = false;
  const outage = new Outage(log, timing.remindEveryMs);
  while (!signal.aborted) {
    let waitMs: number;
    try {
      const complete = await feed.readDue(signal);
      if (outage.over()) feed.farNext();
      backoff.reset();
      lost = false;
      refusal.over();
      onRead(undefined, complete);
      if (complete && isEnough()) return;
      // Where nothing more can wait, the reads that are due cannot be made either.
      waitMs = complete ? Math.min(intervalMs, feed.dueInMs()) : intervalMs;
    } catch (error) {
      if (signal.aborted) return;
      if (
        !(error instanceof TransientError || error instanceof PermanentError)
      ) throw error;
      const isLost = error instanceof PermanentError && error.status === 410;
      if (isLost && !lost) {
        lost = true;
        waitMs = 0; // the window is read at once
      } else {
        onRead(error, false);
        outage.tell(error);
        if (error instanceof PermanentError && !isLost) {
          await refusal.consider(error, signal);
        }
        waitMs = backoff.next(
          error instanceof TransientError ? error.retryAfterMs : undefined,
        );
      }
    }
    pulse.beat(waitMs);
    await gate.rest(waitMs, signal).catch(() => {}); // aborted: the loop's condition sees it
    pulse.beat();
  }
}

/** Tells the operator that reading fails: when it begins, now and then while it lasts, and when it is over. */
class Outage {
  readonly #log: Logger;
  readonly #remindEveryMs: number;
  #began: number | undefined;
  #told = 0;

  constructor(log: Logger, remindEveryMs: number) {
    this.#log = log;
    this.#remindEveryMs = remindEveryMs;
  }

  tell(error: ConnectError): void {
    const now = performance.now();
    if (this.#began !== undefined && now - this.#told < this.#remindEveryMs) {
      return;
    }
    const first = this.#began === undefined;
    this.#began ??= now;
    this.#told = now;
    this.#log.warn(
      first
        ? "Cannot read the feed; trying on"
        : `Cannot read the feed since ${this.#seconds(now)} s; trying on`,
      {
        error: reason(error),
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      },
    );
  }

  /** Whether there was one. */
  over(): boolean {
    if (this.#began === undefined) return false;
    const seconds = this.#seconds(performance.now());
    this.#log.info(`The feed can be read again, after ${seconds} s`);
    this.#began = undefined;
    return true;
  }

  #seconds(now: number): number {
    return Math.round((now - (this.#began ?? now)) / 1_000);
  }
}

/**
 * What to make of a 401, 403 or 404 of the feed. It need not last: the platform says 401 while its database is away.
 * So it is retried for a while; then the workspace is looked up, and only then registered, because a register of a
 * removed workspace is answered with a token that never works.
 */
class Refusal {
  readonly #options: PollLoopOptions;
  #since: number | undefined;

  constructor(options: PollLoopOptions) {
    this.#options = options;
  }

  over(): void {
    this.#since = undefined;
  }

  async consider(error: PermanentError, signal: AbortSignal): Promise<void> {
    const { client, workspaceId, timing, registrar, log } = this.#options;
    this.#since ??= performance.now();
    if (
      performance.now() - this.#since < timing.refusedPatienceMs &&
      error.status !== 404
    ) return;
    try {
      const found = await client.lookUp(workspaceId, signal);
      if (found.found === "unknown" || found.found === "removed") {
        throw workspaceGone(workspaceId, found.found);
      }
      if (
        error.status === 404 ||
        (found.found === "not answered" && found.status >= 500)
      ) return;
      await registrar.register(signal);
      log.info("Registered again after the feed was refused");
      this.#since = undefined;
    } catch (cause) {
      if (cause instanceof TransientError) return;
      if (!(cause instanceof PermanentError)) throw cause;
      // A web page or an empty body is a proxy's: it proves nothing about the token.
      if (cause.status !== 401 || !cause.body.includes("token")) return;
      throw new ConnectError(
        "TOKEN_REFUSED",
        `Workspace "${workspaceId}": the platform refuses the token (${error.op})`,
        {
          cause,
          hint: `${ROTATE_CREDENTIALS}; then start again with it`,
        },
      );
    }
  }
}
