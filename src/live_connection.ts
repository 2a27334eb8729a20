/** A connection at work: its loops live and die together, and a stop takes them down in order. */
import { reached } from "./crash_points.ts";
import type {
  ConnectEvent,
  Connection,
  ConnectionState,
  ConnectionStatus,
} from "./connection.ts";
import {
  type DeliveryPath,
  deliveryPath,
  type DeliveryPathOptions,
} from "./delivery_path.ts";
import { TurnCut } from "./delivery/turn.ts";
import { reason } from "./errors.ts";
import { pollLoop } from "./feed/poll_loop.ts";
import { Health } from "./health.ts";
import { heartbeatLoop } from "./presence/heartbeat_loop.ts";
import { Presence } from "./presence/presence.ts";
import type { Registrar } from "./presence/registrar.ts";
import { watchLoop } from "./presence/watch_loop.ts";

/** What a connection is made of. */
export interface ConnectionParts extends
  Pick<
    DeliveryPathOptions,
    | "options"
    | "timing"
    | "paths"
    | "client"
    | "modes"
    | "journal"
    | "log"
    | "emit"
  > {
  readonly registrar: Registrar;
  /** Aborts when a failed write of the state is no longer to be repeated. */
  readonly giveUp: AbortController;
  /** Aborting it is `close()`. */
  readonly signal: AbortSignal;
  /** Freed at the very end. */
  readonly resources: AsyncDisposableStack;
}

/** The connection of one workspace. */
export class LiveConnection implements Connection {
  readonly workspaceId: string;
  readonly closed: Promise<Error | undefined>;

  readonly #parts: ConnectionParts;
  readonly #presence: Presence;
  readonly #path: DeliveryPath;
  readonly #poll = new Health();
  readonly #heartbeat = new Health();
  readonly #counters = {
    messages: 0,
    answered: 0,
    failedTurns: 0,
    delivered: 0,
    skipped: 0,
    deadLetters: 0,
  };
  /** One for each thing that a stop ends, in the order in which it ends them. */
  readonly #stop = {
    reading: new AbortController(),
    turns: new AbortController(),
    outbox: new AbortController(),
    requests: new AbortController(),
    beats: new AbortController(),
  };
  readonly #polling: Promise<void>;
  readonly #retrying: Promise<void>;
  readonly #beating: Promise<unknown>;
  #state: ConnectionState = "connected";
  #failure: Error | undefined;
  #stopping: Promise<void> | undefined;
  #graceTimer: ReturnType<typeof setTimeout> | undefined;
  #resolveClosed: (failure: Error | undefined) => void;

  /** Everything begins at once. */
  constructor(parts: ConnectionParts) {
    this.workspaceId = parts.options.workspaceId;
    this.#parts = parts;
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    this.closed = promise;
    this.#resolveClosed = resolve;
    this.#presence = new Presence();
    const { turns, outbox, requests } = this.#stop;
    this.#path = deliveryPath({
      ...parts,
      presence: this.#presence,
      emit: (event) => this.#emit(event),
      feedIsGood: () => this.#poll.isGood,
      onFatal: (error) => this.#fail(error),
      stop: {
        turns: turns.signal,
        outbox: outbox.signal,
        requests: requests.signal,
      },
    });
    this.#path.outbox.kick();
    this.#retrying = this.#path.retries.run(this.#stop.reading.signal).catch(
      (error) => this.#fail(error),
    );
    this.#polling = this.#runPolling();
    this.#beating = this.#runBeating();
    const onAbort = () => void this.close();
    parts.signal.addEventListener("abort", onAbort, { once: true });
    this.closed.then(() => parts.signal.removeEventListener("abort", onAbort));
    if (parts.signal.aborted) onAbort();
  }

  async #runPolling(): Promise<void> {
    const { options, client, registrar, timing, log } = this.#parts;
    try {
      await pollLoop({
        ...{
          client,
          registrar,
          timing,
          log,
          workspaceId: this.workspaceId,
          feed: this.#path.feed,
        },
        intervalMs: options.pollIntervalMs,
        onRead: (error) => this.#onRead(error),
        isEnough: () => options.once && this.#isIdle(),
      }, this.#stop.reading.signal);
    } catch (error) {
      this.#fail(error);
    }
    this.#poll.running = false;
    void this.close(); // it ended because of a stop, or begins one
  }

  #isIdle(): boolean {
    const { dispatcher, handler, outbox, retries } = this.#path;
    return retries.isQuiet && dispatcher.waiting === 0 &&
      dispatcher.running === 0 &&
      handler.isQuiet && outbox.isQuiet;
  }

  #onRead(error: unknown): void {
    this.#presence.polled(error);
    if (error === undefined) {
      if (this.#poll.good()) this.#emit({ type: "poll_recovered" });
    } else if (this.#poll.bad(error)) {
      this.#emit({ type: "poll_failed", reason: reason(error) });
    }
  }

  async #runBeating(): Promise<void> {
    const { options, client, registrar, timing, log } = this.#parts;
    const { signal } = this.#stop.beats;
    const onFatal = (error: unknown) => this.#fail(error);
    const beats = heartbeatLoop({
      ...{
        client,
        registrar,
        timing,
        log,
        intervalMs: options.heartbeatIntervalMs,
      },
      feedIsGood: () => this.#poll.isGood,
      beat: () => this.#presence.beat(),
      onBeat: (beat) => {
        this.#heartbeat.good();
        this.#emit({ type: "heartbeat", activeTasks: beat.active_tasks });
      },
      onFailure: (error, lasting) => {
        this.#heartbeat.bad(error);
        this.#heartbeat.running = !lasting;
        if (lasting) {
          this.#emit({ type: "heartbeat_stopped", reason: reason(error) });
        }
      },
      onResumed: () => {
        this.#heartbeat.running = true;
        this.#emit({ type: "heartbeat_resumed" });
      },
    }, signal);
    const watch = watchLoop(
      client,
      this.workspaceId,
      timing.lookUpEveryMs,
      signal,
    );
    await Promise.all([beats.catch(onFatal), watch.catch(onFatal)]);
  }

  #emit(event: ConnectEvent): void {
    const counters = this.#counters;
    if (event.type === "message") counters.messages++;
    else if (event.type === "answered") counters.answered++;
    else if (event.type === "turn_failed") counters.failedTurns++;
    else if (event.type === "delivered") counters.delivered++;
    else if (event.type === "skipped") counters.skipped++;
    else if (event.type === "dead_letter") counters.deadLetters++;
    this.#parts.emit(event);
  }

  #fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
    void this.close();
  }

  /** A snapshot of how it is doing. */
  get status(): ConnectionStatus {
    const { journal } = this.#parts;
    return {
      state: this.#state,
      cursor: journal.cursor.last,
      activeTurns: this.#presence.activeTurns,
      waiting: this.#path.dispatcher.waiting,
      unsent: journal.outbox.size,
      counters: { ...this.#counters },
      heartbeat: this.#heartbeat.snapshot(),
      poll: this.#poll.snapshot(),
    };
  }

  /** Stops, and waits until everything has ended. */
  async close(options: { readonly graceMs?: number } = {}): Promise<void> {
    if (this.#stopping === undefined || options.graceMs !== undefined) {
      const graceMs = options.graceMs ?? this.#parts.options.graceMs;
      clearTimeout(this.#graceTimer);
      if (this.#state !== "closed") {
        const cut = () => {
          this.#stop.turns.abort(new TurnCut("The connection is closing"));
          this.#parts.giveUp.abort(); // a disk that does not work now keeps nobody waiting
        };
        this.#graceTimer = setTimeout(cut, graceMs);
      }
    }
    this.#stopping ??= this.#runStop();
    await this.#stopping;
  }

  /** The same as `close()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #runStop(): Promise<void> {
    const { journal, giveUp, timing, resources } = this.#parts;
    const { dispatcher, handler, outbox, retries } = this.#path;
    this.#state = "closing";
    reached("stop begun");
    dispatcher.stop();
    this.#stop.reading.abort();
    await this.#polling;
    await this.#retrying;
    await this.#step("waiting for running turns", () => dispatcher.drained());
    await this.#step("saving answers", () => handler.saved());
    reached("turns drained");
    this.#stop.outbox.abort();
    const farewell = setTimeout(
      () => this.#stop.requests.abort(),
      timing.farewellMs,
    );
    await this.#step("waiting for the outbox", () => outbox.ended());
    reached("outbox ended");
    await this.#step("sending what is left", () => outbox.lastTry());
    reached("last answers tried");
    this.#stop.beats.abort();
    await this.#beating;
    await this.#lastBeat();
    clearTimeout(farewell);
    giveUp.abort();
    await this.#step("removing what was tried again", () => retries.tidy());
    await this.#step("saving the state", () => journal.commit());
    reached("last state saved");
    await this.#step("closing the back end", () => this.#closeBackend());
    await this.#step("freeing the lock", () => resources.disposeAsync());
    reached("lock freed");
    this.#state = "closed";
    clearTimeout(this.#graceTimer);
    this.#emit({
      type: "closed",
      ...(this.#failure === undefined ? {} : { reason: reason(this.#failure) }),
    });
    this.#resolveClosed(this.#failure);
  }

  /** One step of the stop; what fails in it does not keep the next ones from running. */
  async #step(what: string, run: () => Promise<unknown>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.#parts.log.error(`Stopping: ${what} failed`, {
        error: reason(error),
      });
      this.#failure ??= error instanceof Error
        ? error
        : new Error(String(error));
    }
  }

  /** Closes the back end; one that does not end is left to the end of the process. */
  async #closeBackend(): Promise<void> {
    const { options: { backend }, timing } = this.#parts;
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new Error(`"${backend.name}" does not end`)),
      timing.abandonAfterMs,
    );
    try {
      await Promise.race([backend.close?.(), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Says that nothing runs here any more; where beats are refused there is nobody to tell. */
  async #lastBeat(): Promise<void> {
    if (!this.#heartbeat.running) return;
    const { client, log } = this.#parts;
    try {
      const beat = {
        ...this.#presence.beat(),
        active_tasks: 0,
        current_task: "",
      };
      await client.heartbeat(beat, this.#stop.requests.signal);
    } catch (error) {
      log.warn("The last heartbeat did not arrive", { error: reason(error) });
    }
  }
}
