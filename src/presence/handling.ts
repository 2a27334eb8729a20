/** What is shown of one message while it is handled: fixed words, then what its back end tells of its progress. */
import type { InboundMessage } from "../backends/backend.ts";
import type { Activity } from "../platform/wire.ts";
import type { Timing } from "../timing.ts";
import { oneLine, withoutEscapes } from "./one_line.ts";
import { Throttle } from "./throttle.ts";

/** Longest `current_task`, in characters. */
const MAX_TASK_CHARS = 60;
/** Longest line of progress. */
const MAX_LINE_CHARS = 200;

/** How a turn ended: well, with an error, or cut by us, which counts for nothing. */
export type TurnEnd =
  | { readonly is: "good" | "cut" }
  | { readonly is: "failed"; readonly error: unknown };

/** What the handling of a message needs. */
export interface HandlingOptions {
  readonly redact: (text: string) => string;
  readonly timing: Pick<
    Timing,
    "progressEveryMs" | "longTurnMs" | "stillWorkingEveryMs"
  >;
  /** Logs something for people to see, if there is room for it; never fails. */
  readonly post: (activity: Activity) => void;
  /** What it shows has changed. */
  readonly onChange: () => void;
  /** Its turn ended. */
  readonly onTurnEnd: (end: TurnEnd) => void;
  /** Nothing is done about it any more, for now. */
  readonly onOver: () => void;
}

/** `Answering a person`, and nothing of the message itself. */
function answering(message: InboundMessage): string {
  const peer = message.callerName === "" ? "a peer" : message.callerName;
  const who = message.origin === "canvas"
    ? "a person"
    : message.origin === "channel"
    ? "a channel"
    : peer;
  return oneLine(`Answering ${who}`, MAX_TASK_CHARS);
}

/** A turn that runs. */
export interface RunningTurn {
  /** Takes what a back end says of its progress. */
  progress(text: string): void;
  /** The turn ended; with an error where it failed. */
  end(error: unknown): void;
  /** We cut the turn: it counts neither as good nor as failed. */
  cut(): void;
}

interface Turn {
  readonly lines: Throttle;
  /** Until its next sign of life. */
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** One message that is handled: from its attempt to its answer, its end or its next wait. */
export class Handling implements Disposable {
  /** What it is at, without any progress; kept, so that a start after a crash can say it. */
  readonly words: string;
  readonly #options: HandlingOptions;
  readonly #isPersons: boolean;
  #task: string;
  #line = "";
  #told = "";
  #turn: Turn | undefined;

  /** It begins; no turn runs yet. */
  constructor(message: InboundMessage, options: HandlingOptions) {
    this.#options = options;
    this.#isPersons = message.origin === "canvas";
    this.words = this.#task = answering(message);
  }

  /** What it is at, in one line. */
  get task(): string {
    return this.#task;
  }

  /** Whether the back end is at it. */
  get isRunning(): boolean {
    return this.#turn !== undefined;
  }

  /** Its turn begins. */
  turnStarts(): RunningTurn {
    const { timing } = this.#options;
    const turn: Turn = {
      lines: new Throttle(() => this.#tell(), timing.progressEveryMs),
      timer: undefined,
    };
    this.#turn = turn;
    this.#stillWorking(timing.longTurnMs, 0);
    const end = (how: TurnEnd) => {
      if (this.#turn !== turn) return;
      this.#endTurn();
      this.#options.onTurnEnd(how);
    };
    return {
      progress: (text) => {
        // Of a turn that has ended, or was abandoned, nothing is told.
        if (this.#turn === turn) this.#progress(text);
      },
      cut: () => end({ is: "cut" }),
      end: (error) =>
        end(error === undefined ? { is: "good" } : { is: "failed", error }),
    };
  }

  #progress(text: string): void {
    const shown = this.#options.redact(withoutEscapes(text));
    const line = oneLine(shown, MAX_LINE_CHARS);
    if (line === "" || line === this.#line) return;
    this.#line = line;
    this.#task = oneLine(line, MAX_TASK_CHARS);
    this.#turn?.lines.hit();
  }

  /** The newest line goes out. Only people wait for one; for peers and channels a beat is enough. */
  #tell(): void {
    const { post, onChange } = this.#options;
    if (this.#line === this.#told) return;
    this.#told = this.#line;
    onChange();
    if (this.#isPersons) {
      post({ activity_type: "task_update", summary: this.#line });
    }
  }

  /** The platform takes a turn for stalled that shows no life for long, and heartbeats are none to it. */
  #stillWorking(afterMs: number, beforeMs: number): void {
    const turn = this.#turn;
    if (turn === undefined) return;
    const { timing, post } = this.#options;
    turn.timer = setTimeout(() => {
      const runMs = beforeMs + afterMs;
      post(stillWorking(runMs));
      this.#stillWorking(timing.stillWorkingEveryMs, runMs);
    }, afterMs);
  }

  #endTurn(): void {
    this.#turn?.lines.end();
    clearTimeout(this.#turn?.timer);
    this.#turn = undefined;
  }

  /** Nothing is done about the message any more, for now. */
  [Symbol.dispose](): void {
    this.#endTurn();
    this.#options.onOver();
  }
}

/** A sign of life of a turn that has run for so long; 0 where that is not told. */
export function stillWorking(runMs: number): Activity {
  const minutes = Math.round(runMs / 60_000);
  return {
    activity_type: "agent_log",
    summary: minutes === 0 ? "Still working" : `Still working (${minutes} min)`,
  };
}
