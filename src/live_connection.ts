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
import { inTime } from "./in_time.ts";
import { Loops } from "./loops.ts";
import type { Gate } from "./platform/gate.ts";
import { ActivityLog } from "./presence/activity_log.ts";
import { BeatTimes } from "./presence/beat_times.ts";
import { Presence } from "./presence/presence.ts";
import type { Registrar } from "./presence/registrar.ts";

/** What a connection is made of. */
export interface ConnectionParts extends
  Pick<
    DeliveryPathOptions,
    | "options"
    | "timing"
    | "paths"
    | "client"
    | "modes"
    | "configuration"
    | "gate"
    | "journal"
    | "sessions"
    | "redactor"
    | "hasRoom"
    | "log"
    | "emit"
  > {
  readonly registrar: Registrar;
  /** What requests wait at while the platform does not answer. */
  readonly gate: Gate;
  /** No request waits any more, for the platform or for its limit: each gets its one try. */
  readonly hurry: () => void;
  /** Aborts when a failed write of the state is no longer to be repeated. */
  readonly giveUp: AbortController;
  /** Aborting it is `close()`. */
  readonly signal: AbortSignal;
  /** Freed at the very end. */
  readonly resources: AsyncDisposableStack;
}

/** So long the last requests may take where a stop is to be quick. */
const HURRIED_FAREWELL_MS = 1_000;

/** The connection of one workspace. */
export class LiveConnection implements Connection {
  readonly workspaceId: string;
  readonly closed: Promise<Error | undefined>;

  readonly #parts: ConnectionParts;
  readonly #presence: Presence;
  readonly #lines: ActivityLog;
  readonly #path: DeliveryPath;
  readonly #loops: Loops;
  readonly #counters = {
    messages: 0,
    answered: 0,
    failedTurns: 0,
    delivered: 0,
    stopped: 0,
    skipped: 0,
    notAllowed: 0,
    exchangeCap: 0,
    deadLetters: 0,
  };
  /** One for each thing that a stop ends, in the order in which it ends them. */
  readonly #stop = {
    reading: new AbortController(),
    turns: new AbortController(),
    outbox: new AbortController(),
    requests: new AbortController(),
    beats: new AbortController(),
    waits: new AbortController(),
  };
  readonly #polling: Promise<void>;
  readonly #retrying: Promise<void>;
  readonly #tidying: Promise<void>;
  readonly #telling: Promise<void>;
  readonly #beating: Promise<void>;
  #state: ConnectionState = "connected";
  #failure: Error | undefined;
  #stopping: Promise<void> | undefined;
  #graceTimer: ReturnType<typeof setTimeout> | undefined;
  #farewellTimer: ReturnType<typeof setTimeout> | undefined;
  /** Whether the last requests are under way. */
  #isLeaving = false;
  /** How long the last requests may take together, where that is less than usual. */
  #farewellMs: number | undefined;
  #resolveClosed: (failure: Error | undefined) => void;

  /** Everything begins at once. */
  constructor(parts: ConnectionParts) {
    this.workspaceId = parts.options.workspaceId;
    this.#parts = parts;
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    this.closed = promise;
    this.#resolveClosed = resolve;
    const { reading, turns, outbox, requests } = this.#stop;
    const { timing, redactor } = parts;
    const lines = new ActivityLog({ ...parts, stop: reading.signal });
    this.#lines = lines;
    this.#presence = new Presence({
      timing,
      redact: (text) => redactor.redact(text),
      post: (activity) => lines.post(activity),
    });
    const times = new BeatTimes({ ...parts, presence: this.#presence });
    const onFatal = (error: unknown) => this.#fail(error);
    const emit = (event: ConnectEvent) => this.#emit(event);
    this.#loops = new Loops({
      ...{ ...parts, presence: this.#presence, times, emit, onFatal },
      isIdle: () => this.#isIdle(),
      onDiskTrouble: () => this.#giveUpWhereDiskFails(),
    });
    this.#path = deliveryPath({
      ...parts,
      presence: this.#presence,
      times,
      emit,
      feedIsGood: () => this.#loops.poll.isGood,
      onReadStep: () => this.#loops.onReadStep(),
      onFatal,
      stop: {
        reading: reading.signal,
        turns: turns.signal,
        outbox: outbox.signal,
        requests: requests.signal,
      },
    });
    // First: people see at once that the agent is back, and at what.
    this.#beating = this.#loops.beat(this.#stop.beats.signal);
    this.#path.outbox.kick();
    this.#retrying = this.#path.retries.run(this.#stop.reading.signal).catch(
      (error) => this.#fail(error),
    );
    this.#telling = parts.configuration.run(this.#stop.reading.signal).catch(
      (error) => this.#fail(error),
    );
    this.#tidying = this.#path.files.run(this.#stop.reading.signal);
    this.#polling = this.#runPolling();
    const onAbort = () => void this.close();
    parts.signal.addEventListener("abort", onAbort, { once: true });
    this.closed.then(() => parts.signal.removeEventListener("abort", onAbort));
    if (parts.signal.aborted) onAbort();
  }

  async #runPolling(): Promise<void> {
    await this.#loops.read(this.#path, this.#stop.reading.signal);
    void this.close(); // it ended because of a stop, or begins one
  }

  #isIdle(): boolean {
    const { dispatcher, saving, outbox, retries, acks } = this.#path;
    return acks.isQuiet && retries.isQuiet && dispatcher.waiting === 0 &&
      dispatcher.running === 0 &&
      saving.isQuiet && outbox.isQuiet;
  }

  #emit(event: ConnectEvent): void {
    const counters = this.#counters;
    if (event.type === "message") counters.messages++;
    else if (event.type === "answered") counters.answered++;
    else if (event.type === "turn_failed") counters.failedTurns++;
    else if (event.type === "turn_stopped") counters.stopped++;
    else if (event.type === "delivered") counters.delivered++;
    else if (event.type === "skipped") this.#countSkipped(event.reason);
    else if (event.type === "dead_letter") counters.deadLetters++;
    this.#parts.emit(event);
  }

  #countSkipped(reason: string): void {
    this.#counters.skipped++;
    if (reason === "not_allowed") this.#counters.notAllowed++;
    else if (reason === "exchange_cap") this.#counters.exchangeCap++;
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
      heartbeat: this.#loops.heartbeat.snapshot(),
      poll: this.#loops.poll.snapshot(),
    };
  }

  /** Stops, and waits until everything has ended. */
  async close(options: { readonly graceMs?: number } = {}): Promise<void> {
    if (this.#stopping !== undefined && options.graceMs !== undefined) {
      this.#farewellMs = HURRIED_FAREWELL_MS;
      this.#bidFarewell();
    }
    if (this.#stopping === undefined || options.graceMs !== undefined) {
      const graceMs = options.graceMs ?? this.#parts.options.graceMs;
      clearTimeout(this.#graceTimer);
      if (this.#state !== "closed") {
        this.#graceTimer = setTimeout(() => this.#cut(), graceMs);
      }
    }
    this.#stopping ??= this.#runStop();
    await this.#stopping;
  }

  /** The last requests get their time, from now on; nothing happens where they are not under way. */
  #bidFarewell(): void {
    if (!this.#isLeaving) return;
    clearTimeout(this.#farewellTimer);
    this.#farewellTimer = setTimeout(
      () => this.#stop.requests.abort(),
      this.#farewellMs ?? this.#parts.timing.farewellMs,
    );
  }

  /** At a stop a disk that does not work keeps nobody waiting, unless a turn runs that may end. */
  #giveUpWhereDiskFails(): void {
    const { journal, giveUp } = this.#parts;
    const isAlone = this.#presence.activeTurns === 0;
    if (this.#state === "closing" && journal.isFailing && isAlone) {
      giveUp.abort();
    }
  }

  /** The grace is over: running turns are cut, and what does not end then either is left behind. */
  #cut(): void {
    const { giveUp, timing } = this.#parts;
    this.#stop.turns.abort(new TurnCut("The connection is closing"));
    giveUp.abort(); // a disk that does not work now keeps nobody waiting
    const late = new Error("it does not end");
    this.#graceTimer = setTimeout(
      () => this.#stop.waits.abort(late),
      2 * timing.abandonAfterMs + timing.farewellMs,
    );
  }

  /** The same as `close()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #runStop(): Promise<void> {
    const { journal, giveUp, resources } = this.#parts;
    const { dispatcher, saving, outbox, retries, children, acks, receipts } =
      this.#path;
    this.#state = "closing";
    this.#giveUpWhereDiskFails();
    reached("stop begun");
    dispatcher.stop();
    this.#stop.reading.abort();
    await this.#step("ending the reading", () => this.#polling);
    await this.#step("ending the retries", () => this.#retrying);
    await this.#step("ending what the card tells", () => this.#telling);
    await this.#step("ending the removal of files", () => this.#tidying);
    await this.#step("waiting for running turns", () => dispatcher.drained());
    await this.#step("saving answers", () => saving.saved());
    reached("turns drained");
    this.#stop.outbox.abort();
    this.#parts.hurry();
    this.#isLeaving = true;
    this.#bidFarewell();
    await this.#step("waiting for the outbox", () => outbox.ended());
    reached("outbox ended");
    await this.#step("sending what is left", () => outbox.lastTry());
    reached("last answers tried");
    await this.#step("calling files handled", () => acks.ended());
    await this.#step("ending receipts", () => receipts.ended());
    await this.#step("ending lines of progress", () => this.#lines.ended());
    this.#stop.beats.abort();
    await this.#step("ending the heartbeats", () => this.#beating);
    await this.#step("saying farewell", () => this.#lastBeat());
    this.#isLeaving = false;
    clearTimeout(this.#farewellTimer);
    giveUp.abort();
    await this.#step("removing what was tried again", () => retries.tidy());
    await this.#step("closing the back end", () => this.#closeBackend());
    await this.#step("saving what runs on", () => children.ended());
    await this.#step("saving the state", () => journal.commit());
    reached("last state saved");
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
      await inTime(run(), this.#stop.waits.signal);
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
    if (!this.#loops.heartbeat.running) return;
    const { client, log } = this.#parts;
    try {
      const beat = {
        ...this.#presence.beat(),
        active_tasks: 0,
        current_task: "",
      };
      await client.heartbeat(() => beat, this.#stop.requests.signal);
    } catch (error) {
      log.warn("The last heartbeat did not arrive", { error: reason(error) });
    }
  }
}
