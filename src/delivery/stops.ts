/**
 * Stop: a person ends all that people asked for, a peer one message of its own. It never queues behind what it ends, and
 * whoever pressed it is told once.
 */
import { parseMessage } from "../a2a/message.ts";
import type { ConnectEvent } from "../connection.ts";
import { reached } from "../crash_points.ts";
import {
  type ActivityRow,
  compareTimes,
  parseRow,
  type RowTime,
} from "../platform/row.ts";
import type { Presence } from "../presence/presence.ts";
import { leavesOldChat } from "./chat_history.ts";
import { type Delivery, delivery as asDelivery, who } from "./delivery.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { saveAnswer, type SaveAnswerOptions } from "./save_answer.ts";
import type { Saving } from "./saving.ts";
import type { Sessions } from "./sessions.ts";

/** What the sender of a stopped message reads. */
export const STOPPED_REPLY = "Stopped.";

/** What stopping needs. */
export interface StopsOptions extends SaveAnswerOptions {
  readonly dispatcher: Pick<Dispatcher, "unfinished" | "cancel">;
  readonly sessions: Pick<Sessions, "begin">;
  readonly presence: Pick<Presence, "beatNow">;
  readonly saving: Pick<Saving, "commitThen">;
  /** Marks a row as finished, so that the cursor may pass. */
  readonly finish: (
    row: Pick<Delivery, "id" | "timeMs" | "key" | "retry">,
  ) => void;
  /** A message is over: its files are not needed any more. */
  readonly over: (delivery: Delivery) => Promise<void>;
  /** There is something new in the outbox. */
  readonly replySaved: () => void;
  readonly emit: (event: ConnectEvent) => void;
}

/** A message that was stopped; one that ran looks after its end itself. */
interface Stopped {
  readonly delivery: Delivery;
  readonly was: "waiting" | "running";
}

/** Whether `row` was written after `stop`; what cannot be told by times is told by which was read first. */
function isNewer(row: RowTime, stop: RowTime, isReadLater: boolean): boolean {
  const order = compareTimes(row, stop);
  return order === undefined ? isReadLater : order > 0;
}

/** Obeys every Stop. */
export class Stops {
  readonly #options: StopsOptions;

  /** Nothing is stopped yet. */
  constructor(options: StopsOptions) {
    this.#options = options;
  }

  /** A person pressed Stop: whatever of people's runs or waits, and is not newer, is over. */
  pressed(row: ActivityRow): void {
    const { journal, dispatcher } = this.#options;
    const meant = [...dispatcher.unfinished()].filter(({ message, time }) =>
      message.origin === "canvas" && !isNewer(time, row, false)
    );
    const stopped = this.#cancel(meant);
    const told = stopped.length > 0;
    // A Stop that shows up late ends nothing that the newer one did not.
    if (journal.stop === undefined || isNewer(row, journal.stop, true)) {
      const { id, micros, seq } = row;
      journal.stop = {
        row: id,
        ...(micros === undefined ? {} : { micros }),
        ...(seq === undefined ? {} : { seq }),
        told,
      };
    }
    if (told) this.#tell(personsRow(this.#options.workspaceId, row.id));
    this.#finish(row, stopped);
  }

  /**
   * Whether a person's message that comes now was written before the newest Stop: then it is over without a turn. Where
   * that Stop had found nothing to end, and so had said nothing, it is this message that it says it for.
   */
  isStopped(delivery: Delivery): boolean {
    const { journal, workspaceId } = this.#options;
    const { stop } = journal;
    if (
      stop === undefined || delivery.message.origin !== "canvas" ||
      isNewer(
        delivery.time,
        stop,
        true,
      )
    ) return false;
    if (!stop.told) {
      journal.stop = { ...stop, told: true };
      this.#tell(personsRow(workspaceId, stop.row));
    }
    this.#finish(undefined, [{ delivery, was: "waiting" }]);
    return true;
  }

  /**
   * A peer takes a message back, by its messageId or taskId. Whether it is one of its own that runs or waits, which then is
   * over.
   */
  cancelled(row: ActivityRow, id: string): boolean {
    const { dispatcher } = this.#options;
    const own = [...dispatcher.unfinished()].filter(({ message }) =>
      message.origin === "peer" && message.callerId === row.sourceId
    );
    const delivery = own.find(({ message }) => message.messageId === id) ??
      own.find(({ message }) => message.taskId === id);
    const stopped = this.#cancel(delivery === undefined ? [] : [delivery]);
    if (delivery === undefined || stopped.length === 0) return false;
    const { retry: _, ...of } = delivery;
    // In the conversation of the message, as the one answer to this row.
    this.#tell({ ...of, message: { ...of.message, activityId: row.id } });
    this.#finish(row, stopped);
    return true;
  }

  #cancel(meant: readonly Delivery[]): Stopped[] {
    return meant.flatMap((delivery) => {
      const was = this.#options.dispatcher.cancel(delivery);
      return was === undefined ? [] : [{ delivery, was }];
    });
  }

  #tell(answered: Delivery): void {
    const parts = [{ kind: "text" as const, text: STOPPED_REPLY }];
    saveAnswer(this.#options, answered, "reply", parts, {});
  }

  /** The end of every stopped message, of the Stop, and what is said of it are one commit. */
  #finish(row: ActivityRow | undefined, stopped: readonly Stopped[]): void {
    const { journal, sessions, presence, saving } = this.#options;
    const { finish, over, emit, replySaved } = this.#options;
    const forgets = stopped.filter(({ delivery }) =>
      leavesOldChat(delivery, journal.attempts.get(delivery.id))
    ).map(({ delivery }) => sessions.begin(delivery));
    for (const { delivery } of stopped) finish(delivery);
    if (row !== undefined) {
      finish({ id: row.id, timeMs: timeMs(row), key: "" });
    }
    reached("stop obeyed");
    presence.beatNow();
    saving.commitThen(async () => {
      reached("stop saved");
      if (row !== undefined) {
        const turns = stopped.length;
        emit({ type: "stopped", activityId: row.id, turns });
      }
      for (const { delivery } of stopped) {
        emit({ type: "turn_stopped", ...who(delivery) });
      }
      replySaved();
      for (const forget of forgets) await forget();
      for (const { delivery, was } of stopped) {
        if (was === "waiting") await over(delivery);
      }
    });
  }
}

function timeMs({ micros }: RowTime): number {
  return micros === undefined ? 0 : Math.floor(micros / 1_000);
}

/** A Stop as something that can be answered: it came from a person, and names no conversation. */
function personsRow(workspaceId: string, id: string): Delivery {
  return asDelivery(workspaceId, parseRow({ id })!, {
    action: "dispatch_user",
    origin: "canvas",
    message: parseMessage(undefined),
  }, 0);
}
