/** What is going on, for heartbeats and for whoever asks: nothing in it is a message's text. */
import type { InboundMessage } from "../backends/backend.ts";
import { BackendError, PermanentError, TransientError } from "../errors.ts";
import type { Heartbeat } from "../platform/wire.ts";
import {
  Handling,
  type HandlingOptions,
  stillWorking,
  type TurnEnd,
} from "./handling.ts";

/** Of so many turns that ended last, the share that failed is the error rate. */
const REMEMBERED_TURNS = 10;

/** Where it stands what else there is to do. */
export interface OpenWork {
  /** How many messages are handled or wait. */
  readonly open: () => number;
  /** What turns were at that an end of the process interrupted, and that were not taken up again yet. */
  readonly recovered: () => readonly string[];
  /** Whether a person was not handed an answer yet that is saved, or a receipt. */
  readonly owesPerson: () => boolean;
  /** Whether no turn may begin, because too many answers wait for the platform. */
  readonly isHeldBack: () => boolean;
}

/** Told that what a beat says has changed; `now` where a beat is to go out whether it has or not. */
export type ChangeListener = (now: boolean) => void;

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

/** What a presence needs. */
export type PresenceOptions = Pick<
  HandlingOptions,
  "redact" | "timing" | "post"
>;

/** Keeps count of what is going on. */
export class Presence {
  readonly #startedAt = performance.now();
  readonly #options: PresenceOptions;
  /** What is handled, the oldest first. */
  readonly #handled = new Set<Handling>();
  readonly #listeners = new Set<ChangeListener>();
  #ended: boolean[] = [];
  #turnError = "";
  #pollError = "";
  #diskError = "";
  #work: OpenWork = {
    open: () => this.#handled.size,
    recovered: () => [],
    owesPerson: () => false,
    isHeldBack: () => false,
  };
  #unusable: () => string = () => "";

  /** Nothing is going on. */
  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  /** Where it stands what else there is to do; whoever changes it calls `changed()`. */
  watch(work: OpenWork): void {
    this.#work = work;
  }

  /** Tells `listener` of changes until what this returns is called. */
  onChange(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Where it stands why the back end cannot be used, fit for everybody; empty where it can. */
  watchConfiguration(unusable: () => string): void {
    this.#unusable = unusable;
  }

  /** What a beat says may have changed. */
  changed(): void {
    for (const listener of this.#listeners) listener(false);
  }

  /** A beat is to go out at once, also where nothing changed. */
  beatNow(): void {
    for (const listener of this.#listeners) listener(true);
  }

  /** A message is handled from now on, until what this returns is disposed. */
  handles(message: InboundMessage): Handling {
    const handling: Handling = new Handling(message, {
      ...this.#options,
      onChange: () => this.changed(),
      onTurnEnd: (end) => this.#turnEnded(end),
      onOver: () => {
        this.#handled.delete(handling);
        this.changed();
      },
    });
    this.#handled.add(handling);
    this.changed();
    return handling;
  }

  #turnEnded(end: TurnEnd): void {
    if (end.is === "cut") return;
    const failed = end.is === "failed";
    this.#ended = [...this.#ended, failed].slice(-REMEMBERED_TURNS);
    this.#turnError = failed ? publicReason(end.error) : "";
    this.changed();
  }

  /** Reading the feed failed, or works again (undefined). */
  polled(error: unknown): void {
    const why = error === undefined ? "" : publicReason(error);
    if (why === this.#pollError) return;
    this.#pollError = why;
    this.changed();
  }

  /** The state cannot be saved, or can be saved again (undefined): nothing new is answered meanwhile. */
  saved(error: unknown): void {
    this.#diskError = error === undefined ? "" : "The state cannot be saved";
    this.changed();
  }

  /** The platform asks whether the turns that run are alive. */
  isAskedForLife(): void {
    if (this.activeTurns > 0) this.#options.post(stillWorking(0));
  }

  /** Turns that run. */
  get activeTurns(): number {
    return [...this.#handled].filter(({ isRunning }) => isRunning).length;
  }

  /** What the next heartbeat says. */
  beat(): Heartbeat {
    const failed = this.#ended.filter((bad) => bad).length;
    const turnRate = this.#turnError === "" ? 0 : failed / this.#ended.length;
    const held = this.#work.isHeldBack() ? "Answers wait for the platform" : "";
    const lasting = this.#diskError || this.#pollError || this.#unusable() ||
      held;
    const open = this.#work.open();
    const recovered = this.#work.recovered();
    return {
      error_rate: lasting === "" ? turnRate : 1,
      sample_error: lasting || this.#turnError,
      active_tasks: open + recovered.length,
      current_task: this.#task(open, recovered),
      uptime_seconds: Math.floor((performance.now() - this.#startedAt) / 1_000),
    };
  }

  /** Empty only where nothing runs or waits, and nobody in the chat waits for an answer. */
  #task(open: number, recovered: readonly string[]): string {
    const [oldest] = this.#handled;
    if (oldest !== undefined) return oldest.task;
    if (recovered[0] !== undefined) return recovered[0];
    if (open > 0) {
      return open === 1 ? "1 message waits" : `${open} messages wait`;
    }
    return this.#work.owesPerson() ? "Sending an answer" : "";
  }
}
