/** The loops of a connection, each under supervision: one reads the feed, one beats, one looks whether the workspace is there. */
import type { ConnectEvent } from "./connection.ts";
import type { DeliveryPath } from "./delivery_path.ts";
import { reason } from "./errors.ts";
import { pollLoop } from "./feed/poll_loop.ts";
import { Health } from "./health.ts";
import { inTime } from "./in_time.ts";
import type { ConnectionParts } from "./live_connection.ts";
import type { BeatTimes } from "./presence/beat_times.ts";
import { heartbeatLoop } from "./presence/heartbeat_loop.ts";
import type { Presence } from "./presence/presence.ts";
import { watchLoop } from "./presence/watch_loop.ts";
import { Pulse } from "./pulse.ts";
import { supervise, type SuperviseOptions } from "./supervise.ts";

/** What the loops need. */
export interface LoopsOptions extends
  Pick<
    ConnectionParts,
    "options" | "client" | "gate" | "registrar" | "journal" | "timing" | "log"
  > {
  readonly presence: Presence;
  /** When beats go out. */
  readonly times: BeatTimes;
  readonly emit: (event: ConnectEvent) => void;
  /** Whether nothing is left to do: the end of a connection that handles only what is there. */
  readonly isIdle: () => boolean;
  /** A write of the state failed, and is repeated. */
  readonly onDiskTrouble: () => void;
  /** A loop ended with what ends everything. */
  readonly onFatal: (error: unknown) => void;
}

/** The loops; none runs before it is told to. */
export class Loops {
  /** How reading is doing. */
  readonly poll = new Health();
  /** How beating is doing. */
  readonly heartbeat = new Health();
  /** Resolves with the answer to the first beat, whatever it is. */
  readonly #firstBeat = Promise.withResolvers<void>();
  readonly #options: LoopsOptions;
  readonly #pulses = {
    poll: new Pulse(),
    heartbeat: new Pulse(),
    watch: new Pulse(),
  };

  /** Listens to what shows that a wait is no standstill. */
  constructor(options: LoopsOptions) {
    this.#options = options;
    options.journal.onTrouble = (error) => {
      options.presence.saved(error);
      if (error !== undefined) options.onDiskTrouble();
      this.#beatAll();
    };
  }

  #beatAll(): void {
    for (const pulse of Object.values(this.#pulses)) pulse.beat();
  }

  /** A step of a read is done. */
  onReadStep(): void {
    this.#pulses.poll.beat();
  }

  #supervision(
    name: string,
    pulse: Pulse,
    onRestart: () => void,
  ): SuperviseOptions {
    const { client, timing, log, options } = this.#options;
    return {
      name,
      pulse,
      timing,
      log,
      stuckAfterMs: Math.max(
        timing.stuckAfterMs,
        3 * options.requestTimeoutMs,
      ),
      onRestart: () => {
        client.renew();
        onRestart();
      },
    };
  }

  /** Reads the feed until `signal` aborts, or nothing is left. Never rejects. */
  async read(path: DeliveryPath, signal: AbortSignal): Promise<void> {
    const {
      options,
      client,
      gate,
      registrar,
      timing,
      log,
      isIdle,
      onFatal,
      presence,
    } = this.#options;
    const { feed } = path;
    gate.listen({
      onProbe: () => this.#beatAll(),
      onReopened: () => feed.farNext(),
    });
    const loop = (life: AbortSignal) =>
      pollLoop({
        ...{ client, gate, registrar, timing, log, feed },
        workspaceId: options.workspaceId,
        pulse: this.#pulses.poll,
        intervalMs: options.pollIntervalMs,
        onRead: (error, complete) => {
          if (complete) {
            path.recovered.forget();
            presence.changed();
          }
          this.#onRead(error);
        },
        isEnough: () => options.once && isIdle(),
      }, life);
    const supervision = this.#supervision(
      "Reading the feed",
      this.#pulses.poll,
      () => {
        feed.abandon();
        feed.farNext();
      },
    );
    await this.#untilFirstBeat(signal);
    await supervise(loop, supervision, signal).catch(onFatal);
    this.poll.running = false;
  }

  /**
   * Waits, not for long, until the platform answered the first beat: it says what a crash interrupted, before reading it
   * again makes that untrue. Never rejects.
   */
  async #untilFirstBeat(signal: AbortSignal): Promise<void> {
    const late = new AbortController();
    const { firstBeatMs } = this.#options.timing;
    const timer = setTimeout(() => late.abort(), firstBeatMs);
    const ends = AbortSignal.any([signal, late.signal]);
    await inTime(this.#firstBeat.promise, ends).catch(() => {}); // late, or a stop
    clearTimeout(timer);
  }

  #onRead(error: unknown): void {
    const { presence, emit } = this.#options;
    presence.polled(error);
    if (error === undefined) {
      if (this.poll.good()) emit({ type: "poll_recovered" });
    } else if (this.poll.bad(error)) {
      emit({ type: "poll_failed", reason: reason(error) });
    }
  }

  /** Beats, and watches whether the workspace is there, until `signal` aborts. Never rejects. */
  async beat(signal: AbortSignal): Promise<void> {
    const { options, client, timing, onFatal } = this.#options;
    const { heartbeat, watch } = this.#pulses;
    const nothing = () => {};
    const watching = (life: AbortSignal) =>
      watchLoop(
        {
          client,
          workspaceId: options.workspaceId,
          everyMs: timing.lookUpEveryMs,
          pulse: watch,
        },
        life,
      );
    await Promise.all([
      supervise(
        (life) => this.#beatUntil(life),
        this.#supervision("Beating", heartbeat, nothing),
        signal,
      ).catch(onFatal),
      supervise(
        watching,
        this.#supervision("Looking the workspace up", watch, nothing),
        signal,
      ).catch(onFatal),
    ]);
  }

  #beatUntil(signal: AbortSignal): Promise<void> {
    const { options, client, gate, registrar, timing, log, times, emit } =
      this.#options;
    return heartbeatLoop({
      ...{ client, gate, registrar, timing, log },
      pulse: this.#pulses.heartbeat,
      intervalMs: options.heartbeatIntervalMs,
      feedIsGood: () => this.poll.isGood,
      times,
      onBeat: (beat) => {
        this.#firstBeat.resolve();
        this.heartbeat.good();
        this.heartbeat.running = true;
        emit({ type: "heartbeat", activeTasks: beat.active_tasks });
      },
      onFailure: (error, lasting) => {
        this.#firstBeat.resolve();
        this.heartbeat.bad(error);
        this.heartbeat.running = !lasting;
        if (lasting) emit({ type: "heartbeat_stopped", reason: reason(error) });
      },
      onResumed: () => {
        this.heartbeat.running = true;
        emit({ type: "heartbeat_resumed" });
      },
    }, signal);
  }
}
