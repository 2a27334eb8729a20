/** What is going on, for heartbeats and for whoever asks: nothing in it is a message's text. */
import type { InboundMessage } from "../backends/backend.ts";
import { BackendError, PermanentError, TransientError } from "../errors.ts";
import type { Heartbeat } from "../platform/wire.ts";

/** Of so many turns that ended last, the share that failed is the error rate. */
const REMEMBERED_TURNS = 10;
const MAX_TASK_CHARS = 60;

/** A turn that runs. */
export interface RunningTurn {
  /** Takes what a back end says of its progress. */
  progress(text: string): void;
  /** The turn ended; with an error where it failed. */
  end(error: unknown): void;
  /** Our own stop cut the turn: it counts neither as good nor as failed. */
  cut(): void;
}

/** One line of at most `max` characters, without control characters. */
function oneLine(text: string, max: number): string {
  const line = text.replace(/[\p{C}\p{Z}]+/gu, " ").trim();
  const characters = [...line];
  return characters.length <= max
    ? line
    : `${characters.slice(0, max - 1).join("")}…`;
}

/**
 * What everybody may read of a failure: which request failed how, or that the back end did. Its own words may quote the
 * message.
 */
function publicReason(error: unknown): string {
  if (error instanceof TransientError || error instanceof PermanentError) {
    const what = error.status === undefined
      ? "no answer"
      : `HTTP ${error.status}`;
    return `${error.op}: ${what}`;
  }
  return error instanceof BackendError && error.kind === "weather"
    ? "The back end takes no messages at the moment"
    : "The back end failed";
}

/** Keeps count of what is going on. */
export class Presence {
  readonly #startedAt = performance.now();
  readonly #redact: (text: string) => string;
  /** What each turn is doing, the oldest turn first. */
  readonly #running = new Map<symbol, string>();
  #ended: boolean[] = [];
  #turnError = "";
  #pollError = "";
  #diskError = "";
  #waiting: () => number = () => 0;
  #isHeldBack: () => boolean = () => false;

  /** `redact` keeps secrets out of what back ends say. */
  constructor(redact: (text: string) => string) {
    this.#redact = redact;
  }

  /** Where the number of waiting messages comes from. */
  countWaiting(waiting: () => number): void {
    this.#waiting = waiting;
  }

  /** Where it stands whether no turn may begin, because too many answers wait for the platform. */
  watchHoldingBack(isHeldBack: () => boolean): void {
    this.#isHeldBack = isHeldBack;
  }

  /** A turn begins. */
  turnStarts(message: InboundMessage): RunningTurn {
    const id = Symbol();
    const peer = message.callerName === "" ? "a peer" : message.callerName;
    const who = message.origin === "canvas"
      ? "a person"
      : message.origin === "channel"
      ? "a channel"
      : peer;
    this.#running.set(id, oneLine(`Answering ${who}`, MAX_TASK_CHARS));
    return {
      progress: (text) => {
        const line = oneLine(this.#redact(text), MAX_TASK_CHARS);
        // Of a turn that has ended, or was abandoned, nothing is told.
        if (line !== "" && this.#running.has(id)) this.#running.set(id, line);
      },
      cut: () => this.#running.delete(id),
      end: (error) => {
        this.#running.delete(id);
        this.#ended = [...this.#ended, error !== undefined].slice(
          -REMEMBERED_TURNS,
        );
        this.#turnError = error === undefined ? "" : publicReason(error);
      },
    };
  }

  /** Reading the feed failed, or works again (undefined). */
  polled(error: unknown): void {
    this.#pollError = error === undefined ? "" : publicReason(error);
  }

  /** The state cannot be saved, or can be saved again (undefined): nothing new is answered meanwhile. */
  saved(error: unknown): void {
    this.#diskError = error === undefined ? "" : "The state cannot be saved";
  }

  /** Turns that run. */
  get activeTurns(): number {
    return this.#running.size;
  }

  /** What the next heartbeat says. */
  beat(): Heartbeat {
    const failed = this.#ended.filter((bad) => bad).length;
    const turnRate = this.#turnError === "" ? 0 : failed / this.#ended.length;
    const held = this.#isHeldBack() ? "Answers wait for the platform" : "";
    const lasting = this.#diskError || this.#pollError || held;
    return {
      error_rate: lasting === "" ? turnRate : 1,
      sample_error: lasting || this.#turnError,
      active_tasks: this.#running.size + this.#waiting(),
      current_task: this.#running.values().next().value ?? "",
      uptime_seconds: Math.floor((performance.now() - this.#startedAt) / 1_000),
    };
  }
}
