/** A connection at work: it wires the loops together, so that they live and die together, and takes them down again. */
import type {
  ConnectEvent,
  Connection,
  ConnectionState,
  ConnectionStatus,
  LoopHealth,
} from "./connection.ts";
import type { Delivery } from "./delivery/delivery.ts";
import { Dispatcher } from "./delivery/dispatcher.ts";
import { EchoSearch } from "./delivery/echo.ts";
import { Handler } from "./delivery/handler.ts";
import { Intake } from "./delivery/intake.ts";
import type { Journal } from "./delivery/journal.ts";
import { Outbox } from "./delivery/outbox.ts";
import type { PeerModes } from "./delivery/peer_modes.ts";
import { TurnCut } from "./delivery/turn.ts";
import { reason } from "./errors.ts";
import { Feed } from "./feed/feed.ts";
import { pollLoop } from "./feed/poll_loop.ts";
import type { Logger } from "./log.ts";
import type { resolveOptions } from "./options.ts";
import type { PlatformClient } from "./platform/client.ts";
import { heartbeatLoop } from "./presence/heartbeat_loop.ts";
import { Presence } from "./presence/presence.ts";
import type { Registrar } from "./presence/registrar.ts";
import { watchLoop } from "./presence/watch_loop.ts";
import type { Redactor } from "./redact.ts";
import type { StatePaths } from "./state/paths.ts";
import type { Timing } from "./timing.ts";

/** What a connection is made of. */
export interface ConnectionParts {
  readonly options: ReturnType<typeof resolveOptions>;
  readonly timing: Timing;
  readonly paths: StatePaths;
  readonly redactor: Redactor;
  readonly client: PlatformClient;
  readonly registrar: Registrar;
  readonly modes: PeerModes;
  readonly journal: Journal;
  readonly log: Logger;
  readonly emit: (event: ConnectEvent) => void;
  /** Aborts when a failed write of the state is no longer to be repeated. */
  readonly giveUp: AbortController;
  /** Aborting it is `close()`. */
  readonly signal: AbortSignal;
  /** Freed at the very end. */
  readonly resources: AsyncDisposableStack;
}

/** How a loop is doing, as it changes. */
class Health {
  running = true;
  lastGoodAt: number | undefined;
  failures = 0;
  lastError: string | undefined;

  good(): void {
    this.lastGoodAt = Date.now();
    this.failures = 0;
    this.lastError = undefined;
  }

  bad(error: unknown): void {
    this.failures++;
    this.lastError = reason(error);
  }

  snapshot(): LoopHealth {
    const { running, lastGoodAt, failures, lastError } = this;
    return { running, lastGoodAt, failures, lastError };
  }
}

/** The connection of one workspace. */
export class LiveConnection implements Connection {
  readonly workspaceId: string;
  readonly closed: Promise<Error | undefined>;

  readonly #parts: ConnectionParts;
  readonly #presence: Presence;
  readonly #dispatcher: Dispatcher;
  readonly #handler: Handler;
  readonly #outbox: Outbox;
  readonly #feed: Feed;
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
  readonly #beating: Promise<unknown>;
  #state: ConnectionState = "connected";
  #failure: Error | undefined;
  #stopping: Promise<void> | undefined;
  #graceTimer: ReturnType<typeof setTimeout> | undefined;
  #resolveClosed: (failure: Error | undefined) => void;

  /** Everything begins at once. */
  constructor(parts: ConnectionParts) {
    const {
      options,
      timing,
      paths,
      client,
      registrar,
      modes,
      journal,
      log,
      signal,
    } = parts;
    const { workspaceId, backend } = options;
    this.workspaceId = workspaceId;
    this.#parts = parts;
    const closed = Promise.withResolvers<Error | undefined>();
    this.closed = closed.promise;
    this.#resolveClosed = closed.resolve;
    const emit = (event: ConnectEvent) => this.#emit(event);
    const onFatal = (error: unknown) => this.#fail(error);
    const feedIsGood = () =>
      this.#poll.lastGoodAt !== undefined && this.#poll.failures === 0;
    const finish = (row: Pick<Delivery, "id" | "timeMs" | "key">) =>
      this.#finish(row);

    this.#presence = new Presence(parts.redactor);
    const echoes = new EchoSearch(
      (...args) => this.#feed.readFrom(...args),
      () => client.platformNow(),
    );
    this.#outbox = new Outbox({
      ...{
        workspaceId,
        client,
        journal,
        paths,
        modes,
        echoes,
        timing,
        log,
        emit,
        feedIsGood,
        onFatal,
      },
      stop: this.#stop.outbox.signal,
      cut: this.#stop.requests.signal,
    });
    this.#handler = new Handler({
      ...{
        workspaceId,
        backend,
        journal,
        paths,
        timing,
        log,
        emit,
        finish,
        onFatal,
      },
      presence: this.#presence,
      maxAttempts: options.maxAttempts,
      backendTimeoutMs: options.backendTimeoutMs,
      cut: this.#stop.turns.signal,
      replySaved: () => this.#outbox.kick(),
    });
    this.#dispatcher = new Dispatcher({
      concurrency: options.concurrency,
      run: (delivery) => this.#handler.handle(delivery),
      onFatal,
    });
    this.#presence.countWaiting(() => this.#dispatcher.waiting);
    const intake = new Intake({
      ...{ journal, paths, log, emit, finish },
      // Nothing is uploaded yet, so no upload in the feed is ours.
      own: { workspaceId, isOwnUpload: () => false },
      dispatcher: this.#dispatcher,
      windowSlackMs: timing.windowSlackMs,
      platformNow: () => client.platformNow(),
    });
    this.#feed = new Feed({
      client,
      journal,
      intake,
      timing,
      onCursorLost: () => this.#cursorLost(),
    });

    this.#outbox.kick();
    this.#polling = this.#runPolling();
    const beats = this.#stop.beats.signal;
    this.#beating = Promise.all([
      heartbeatLoop({
        ...{ client, registrar, timing, log, feedIsGood },
        intervalMs: options.heartbeatIntervalMs,
        beat: () => this.#presence.beat(),
        onBeat: (beat) => {
          this.#heartbeat.good();
          emit({ type: "heartbeat", activeTasks: beat.active_tasks });
        },
        onFailure: (error, lasting) => {
          this.#heartbeat.bad(error);
          this.#heartbeat.running = !lasting;
          if (lasting) {
            emit({ type: "heartbeat_stopped", reason: reason(error) });
          }
        },
        onResumed: () => {
          this.#heartbeat.running = true;
          emit({ type: "heartbeat_resumed" });
        },
      }, beats).catch(onFatal),
      watchLoop(client, workspaceId, timing.lookUpEveryMs, beats).catch(
        onFatal,
      ),
    ]);
    const onAbort = () => void this.close();
    signal.addEventListener("abort", onAbort, { once: true });
    this.closed.then(() => signal.removeEventListener("abort", onAbort));
    if (signal.aborted) onAbort();
  }

  async #runPolling(): Promise<void> {
    const { options, client, registrar, timing, log } = this.#parts;
    try {
      await pollLoop({
        ...{ client, registrar, timing, log },
        workspaceId: this.workspaceId,
        feed: this.#feed,
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
    return this.#dispatcher.waiting === 0 && this.#dispatcher.running === 0 &&
      this.#outbox.isQuiet;
  }

  #onRead(error: unknown): void {
    const before = this.#poll.failures;
    this.#presence.polled(error);
    if (error === undefined) {
      this.#poll.good();
      if (before > 0) this.#emit({ type: "poll_recovered" });
    } else {
      this.#poll.bad(error);
      if (before === 0) {
        this.#emit({ type: "poll_failed", reason: reason(error) });
      }
    }
  }

  #cursorLost(): void {
    this.#parts.log.warn(
      "The platform no longer knows the cursor; what came since is read as a window of time",
    );
    this.#emit({ type: "cursor_reset" });
  }

  /** The row is done: the cursor may pass it. Counts with the next commit. */
  #finish(row: Pick<Delivery, "id" | "timeMs" | "key">): void {
    const { journal } = this.#parts;
    journal.handled.add([row.id, row.timeMs, row.key]);
    journal.attempts.delete(row.id);
    journal.cursor.finish(row.id);
    this.#feed.settle();
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
    const failure = error instanceof Error ? error : new Error(String(error));
    this.#failure ??= failure;
    void this.close();
  }

  /** A snapshot of how it is doing. */
  get status(): ConnectionStatus {
    const { journal } = this.#parts;
    return {
      state: this.#state,
      cursor: journal.cursor.last,
      activeTurns: this.#presence.activeTurns,
      waiting: this.#dispatcher.waiting,
      unsent: journal.outbox.size,
      counters: { ...this.#counters },
      heartbeat: this.#heartbeat.snapshot(),
      poll: this.#poll.snapshot(),
    };
  }

  /** Stops, and waits until everything has ended. */
  async close(options: { readonly graceMs?: number } = {}): Promise<void> {
    const graceMs = options.graceMs ?? this.#parts.options.graceMs;
    if (this.#stopping === undefined || options.graceMs !== undefined) {
      clearTimeout(this.#graceTimer);
      this.#graceTimer = setTimeout(
        () => this.#stop.turns.abort(new TurnCut("The connection is closing")),
        graceMs,
      );
    }
    this.#stopping ??= this.#runStop();
    await this.#stopping;
  }

  /** The same as `close()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #runStop(): Promise<void> {
    const { log, journal, giveUp, options, timing, resources } = this.#parts;
    this.#state = "closing";
    const step = async (what: string, run: () => Promise<unknown>) => {
      try {
        await run();
      } catch (error) {
        log.error(`While stopping: ${what}`, { error: reason(error) });
        this.#failure ??= error instanceof Error
          ? error
          : new Error(String(error));
      }
    };
    this.#dispatcher.stop();
    this.#stop.reading.abort();
    await this.#polling;
    await step("waiting for running turns", () => this.#dispatcher.drained());
    clearTimeout(this.#graceTimer);
    await step("saving answers", () => this.#handler.saved());
    this.#stop.outbox.abort();
    const farewell = setTimeout(
      () => this.#stop.requests.abort(),
      timing.farewellMs,
    );
    await step("waiting for the outbox", () => this.#outbox.ended());
    await step("sending what is left", () => this.#outbox.lastTry());
    this.#stop.beats.abort();
    await this.#beating;
    await this.#lastBeat(this.#stop.requests.signal);
    clearTimeout(farewell);
    giveUp.abort();
    await step("saving the state", () => journal.commit());
    await step(
      "closing the back end",
      async () => await options.backend.close?.(),
    );
    await step("freeing the lock", () => resources.disposeAsync());
    this.#state = "closed";
    this.#emit({
      type: "closed",
      ...(this.#failure === undefined ? {} : { reason: reason(this.#failure) }),
    });
    this.#resolveClosed(this.#failure);
  }

  /** Says that nothing runs here any more; where beats are refused there is nobody to tell. */
  async #lastBeat(signal: AbortSignal): Promise<void> {
    if (!this.#heartbeat.running) return;
    try {
      await this.#parts.client.heartbeat({
        ...this.#presence.beat(),
        active_tasks: 0,
        current_task: "",
      }, signal);
    } catch (error) {
      this.#parts.log.warn("The last heartbeat did not arrive", {
        error: reason(error),
      });
    }
  }
}
