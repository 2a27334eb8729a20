/** Takes rows out of reads: what was seen keeps its place, what is no work is finished, what is work is dispatched. */
import { reached } from "../crash_points.ts";
import type { ConnectEvent } from "../connection.ts";
import { type Base, isWindow } from "../feed/bases.ts";
import { classify, type OwnIds } from "../feed/classify.ts";
import type { RowIntake } from "../feed/reader.ts";
import { parseMessage } from "../a2a/message.ts";
import type { Logger } from "../log.ts";
import { type ActivityRow, compareTimes } from "../platform/row.ts";
import { shortId } from "../short_id.ts";
import type { AskRules } from "./ask_rules.ts";
import { letterId } from "./dead_letter.ts";
import { deadLetter, type DeadLetters } from "./dead_letters.ts";
import type { ReadTrace } from "../state/cursor.ts";
import { dedupeKey, type Delivery, delivery } from "./delivery.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { Journal } from "../state/journal.ts";
import { tellRefused } from "./refused.ts";
import type { SaveAnswerOptions } from "./save_answer.ts";
import type { Saving } from "./saving.ts";
import type { Stops } from "./stops.ts";

/** So many rows may wait; above that only what people send is read on. */
const MAX_WAITING_ROWS = 1_000;
/** So many bytes may wait. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/** What an intake needs. */
export interface IntakeOptions {
  readonly own: OwnIds;
  readonly journal: Journal;
  readonly dispatcher: Dispatcher;
  readonly rules: AskRules;
  readonly stops: Stops;
  readonly deadLetters: DeadLetters;
  /** A window that is to be read again begins as long before the settled row's time. */
  readonly windowSlackMs: number;
  /** The platform's clock, in ms since 1970. */
  readonly platformNow: () => number;
  readonly log: Logger;
  readonly emit: (event: ConnectEvent) => void;
  /** A person's message is picked up that was not before. */
  readonly onPickedUp: (row: string) => void;
  /** The platform asks whether the turns that run are alive. */
  readonly onAskedForLife: () => void;
  /** What saving an answer to whoever is refused needs. */
  readonly answers: SaveAnswerOptions;
  readonly saving: Saving;
  /** There is something new in the outbox. */
  readonly replySaved: () => void;
  /** A delivery is finished without a turn. */
  readonly finish: (delivery: Pick<Delivery, "id" | "timeMs" | "key">) => void;
}

/** Takes rows in. */
export class Intake implements RowIntake {
  readonly #options: IntakeOptions;
  #onRow: ((row: ActivityRow) => void) | undefined;
  #changed = false;
  #toldUnreadable = 0;

  /** Rows go to `options.dispatcher`. */
  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Whether no more rows can wait. */
  get full(): boolean {
    const { rows, bytes } = this.room;
    return rows <= 0 || bytes <= 0;
  }

  /** Nothing can be done for an element without an id: it is told, and not again for every read that shows it. */
  noteUnreadable(count: number): void {
    if (count <= this.#toldUnreadable) return;
    this.#toldUnreadable = count;
    this.#options.log.warn(
      "The feed holds elements that are no rows; they are skipped",
      { count },
    );
  }

  /** Whether the row was taken in before. */
  isKnown(id: string): boolean {
    const { journal, dispatcher } = this.#options;
    return journal.handled.has(id) || dispatcher.has(id);
  }

  /** How many rows, and how many bytes of them, can still wait. */
  get room(): { rows: number; bytes: number } {
    const { dispatcher } = this.#options;
    return {
      rows: MAX_WAITING_ROWS - dispatcher.waiting,
      bytes: MAX_WAITING_BYTES - dispatcher.waitingBytes,
    };
  }

  /** Whether something was finished since the last call: it is to be committed. */
  takeChanged(): boolean {
    const changed = this.#changed;
    this.#changed = false;
    return changed;
  }

  /** Tells each row that reads bring to `onRow` as well, until it is called with undefined. */
  watch(onRow: ((row: ActivityRow) => void) | undefined): void {
    this.#onRow = onRow;
  }

  /** Begins a read. */
  begin(from: Base): ReadTrace {
    const { journal, windowSlackMs } = this.#options;
    return journal.cursor.beginRead(
      isWindow(from)
        ? { row: null, settledAtMs: from.startMs + windowSlackMs }
        : {
          row: from,
          settledAtMs: from.micros === undefined
            ? undefined
            : Math.floor(from.micros / 1_000),
        },
    );
  }

  /** Takes a row in at its place. */
  async take(trace: ReadTrace, row: ActivityRow, bytes: number): Promise<void> {
    const { journal, dispatcher, platformNow } = this.#options;
    this.#onRow?.(row);
    journal.handled.brought(row.id, platformNow());
    const done = journal.handled.has(row.id);
    const isNew = !done && !dispatcher.has(row.id);
    // The settled cursor goes back, durably, before a late row is worked on: a crash must not skip it.
    if (journal.cursor.show(trace, row, isNew, done)) {
      reached("cursor gone back");
      await journal.commit();
      reached("cursor gone back saved");
    }
    if (isNew) this.#takeNew(row, bytes);
  }

  /** Takes a row in that the head has not reached: it gets its place when the head comes there. */
  takeAhead(row: ActivityRow, bytes: number): void {
    const { journal, dispatcher, platformNow } = this.#options;
    this.#onRow?.(row);
    journal.handled.brought(row.id, platformNow());
    if (!journal.handled.has(row.id) && !dispatcher.has(row.id)) {
      this.#takeNew(row, bytes);
    }
  }

  /**
   * Obeys the Stops of a page before its other rows are taken in, so that what they end does not begin. One that only its
   * place tells from a row before it has to wait for its turn.
   */
  foresee(rows: readonly ActivityRow[]): void {
    const { journal, own } = this.#options;
    for (const [i, row] of rows.entries()) {
      if (journal.handled.has(row.id) || classify(row, own).action !== "stop") {
        continue;
      }
      const older = rows.slice(0, i);
      if (older.every((one) => compareTimes(one, row) !== undefined)) {
        this.takeAhead(row, 0);
      }
    }
  }

  /** A row that is too large to be read: a dead letter by its id. */
  async takeTooLarge(trace: ReadTrace, id: string): Promise<void> {
    const { journal, deadLetters, own, log, emit } = this.#options;
    const known = journal.handled.has(id);
    if (journal.cursor.show(trace, { id, micros: undefined }, !known, known)) {
      await journal.commit();
    }
    if (known) return;
    const why = "the row is too large to be read";
    const letter = deadLetter("message", own.workspaceId, id, {
      caller_id: "",
      reason: why,
      attempts: 0,
      payload: null,
      payload_missing: why,
    });
    await journal.untilWritten(() => deadLetters.save(letter));
    reached("dead letter written");
    this.#finish({ id, timeMs: 0, key: "" });
    log.error("A row is too large to be read and stands in the dead letters", {
      row: shortId(id),
      ...deadLetters.where(letter),
    });
    emit({
      type: "dead_letter",
      activityId: id,
      origin: "peer",
      callerId: "",
      reason: why,
      letter: letterId(letter),
    });
  }

  #takeNew(row: ActivityRow, bytes: number): void {
    const { own, journal, dispatcher, rules, stops, emit, log } = this.#options;
    const { saving, onPickedUp, onAskedForLife } = this.#options;
    reached("row taken in");
    const work = classify(row, own);
    if (work.action === "stop") return stops.pressed(row);
    const timeMs = row.micros === undefined
      ? 0
      : Math.floor(row.micros / 1_000);
    if (!("message" in work)) {
      const { cancels } = work;
      if (cancels !== undefined && stops.cancelled(row, cancels)) return;
      this.#skip({ id: row.id, timeMs, key: "" }, work.action);
      if (work.asksForLife) onAskedForLife();
      if (work.action === "peer_reply") {
        log.info("A peer answered", {
          peer: shortId(row.sourceId ?? ""),
          row: shortId(row.id),
        });
        log.debug("Its answer", {
          row: shortId(row.id),
          text: parseMessage(row.requestBody).text,
        });
      }
      return;
    }
    const key = dedupeKey(row, work.message.messageId);
    if (journal.handled.hasKey(key) || dispatcher.hasKey(key)) {
      this.#skip({ id: row.id, timeMs, key: "" }, "same_message");
      return;
    }
    const made = delivery(own.workspaceId, row, work, bytes);
    // Of one whose turn began in an earlier process that one has told.
    const isNew = work.origin === "canvas" && !journal.attempts.has(row.id);
    if (stops.isStopped(made)) {
      if (isNew) saving.commitThen(() => onPickedUp(row.id));
      return;
    }
    const refusal = rules.refusal(made);
    if (refusal !== undefined) {
      const { answers, replySaved } = this.#options;
      const isTold = tellRefused(answers, made);
      this.#skip({ id: row.id, timeMs, key: "" }, refusal);
      if (!isTold) return;
      onPickedUp(row.id);
      reached("refusal in outbox");
      saving.commitThen(replySaved);
      return;
    }
    const { origin, callerId, messageId, text } = made.message;
    emit({
      type: "message",
      activityId: row.id,
      origin,
      callerId,
      messageId,
      text,
    });
    dispatcher.add(made);
    if (isNew) onPickedUp(row.id);
  }

  #skip(row: Pick<Delivery, "id" | "timeMs" | "key">, why: string): void {
    this.#finish(row);
    this.#options.emit({ type: "skipped", activityId: row.id, reason: why });
  }

  #finish(row: Pick<Delivery, "id" | "timeMs" | "key">): void {
    this.#options.finish(row);
    this.#changed = true;
  }
}
