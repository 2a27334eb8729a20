/** What happens to one message: attempt saved, back end asked, answer saved, row finished. */
import { reached } from "../crash_points.ts";
import { textOf } from "../a2a/message.ts";
import {
  type Backend,
  type BackendContext,
  type Reply,
  textReply,
} from "../backends/backend.ts";
import type { ConnectEvent } from "../connection.ts";
import { BackendError, reason } from "../errors.ts";
import { FilesNotYet, type TurnFiles } from "../files/turn_files.ts";
import { type Logger, withFields } from "../log.ts";
import type { Configuration } from "../presence/configuration.ts";
import type { Handling } from "../presence/handling.ts";
import type { Presence } from "../presence/presence.ts";
import type { Redactor } from "../redact.ts";
import { Backoff } from "../retry.ts";
import { shortId } from "../short_id.ts";
import type { ChildRecords } from "../state/child_records.ts";
import type { StatePaths } from "../state/paths.ts";
import type { Attempt } from "../state/state.ts";
import type { Timing } from "../timing.ts";
import { chatHistory, leavesOldChat } from "./chat_history.ts";
import { cleaned } from "./cleaned.ts";
import type { DeadLetters } from "./dead_letters.ts";
import { type Delivery, who } from "./delivery.ts";
import type { Again } from "./dispatcher.ts";
import type { Exchanges } from "./exchanges.ts";
import { endGivenUp, giveUp, wasGivenUp } from "./give_up.ts";
import { mostFileBytes } from "./outgoing.ts";
import { notWaitedFor, ofItsOwn } from "./limits.ts";
import { noneReadable, notRead, takesNoFiles } from "./no_turn.ts";
import { isReset, RESET_REPLY } from "./reset.ts";
import { saveAnswer } from "./save_answer.ts";
import type { Saving } from "./saving.ts";
import type { OpenSession, Sessions } from "./sessions.ts";
import type { Journal } from "../state/journal.ts";
import type { Run } from "./run.ts";
import { runTurn, TurnCut } from "./turn.ts";
import { TurnProcesses } from "./turn_processes.ts";
import type { Weather } from "./weather.ts";

/** A reply, whether it is the connector's own, in place of a turn, and what the connector says behind it. */
type Answer = Reply & { readonly isOurs?: true; readonly note?: string };

/** What a handler needs. */
export interface HandlerOptions {
  readonly workspaceId: string;
  readonly backend: Backend;
  readonly journal: Journal;
  readonly deadLetters: DeadLetters;
  readonly paths: StatePaths;
  readonly presence: Presence;
  /** Whether the back end can be used. */
  readonly configuration: Configuration;
  readonly children: ChildRecords;
  readonly redactor: Redactor;
  readonly exchanges: Exchanges;
  readonly sessions: Sessions;
  readonly files: TurnFiles;
  /** A message of exactly this text begins a new session of its conversation; undefined for none. */
  readonly resetCommand: string | undefined;
  readonly maxAttempts: number;
  readonly backendTimeoutMs: number | undefined;
  readonly timing: Timing;
  readonly log: Logger;
  readonly emit: (event: ConnectEvent) => void;
  /** Aborts with a `TurnCut` when running turns have to end. */
  readonly cut: AbortSignal;
  /** Marks the row as finished, so that the cursor may pass. */
  readonly finish: (delivery: Delivery) => void;
  /** There is something new in the outbox. */
  readonly replySaved: () => void;
  /** How the back end is. */
  readonly weather: Weather;
  /** Commits what the turns after need not wait for: an attempt of theirs is saved by the same write. */
  readonly saving: Saving;
}

/** Handles deliveries, one at a time each. */
export class Handler {
  readonly #options: HandlerOptions;

  /** Nothing is handled yet. */
  constructor(options: HandlerOptions) {
    this.#options = options;
  }

  /**
   * Handles a delivery once; says when it is to be handled again, or undefined when it is finished. Of one that `run` says is
   * stopped everything is saved already: nothing more is told or written of it.
   */
  async handle(delivery: Delivery, run: Run): Promise<Again | undefined> {
    const { presence, cut, files } = this.#options;
    if (cut.aborted) return { afterMs: 0, everybody: false };
    using handling = presence.handles(delivery.message);
    // From the Stop on it counts no more, however long its end takes.
    const onStop = () => handling[Symbol.dispose]();
    run.signal.addEventListener("abort", onStop, { once: true });
    const again = await this.#handle(delivery, run, handling);
    if (run.isStopped) await files.over(delivery);
    return again;
  }

  async #handle(
    delivery: Delivery,
    run: Run,
    handling: Handling,
  ): Promise<Again | undefined> {
    const { journal, backend, maxAttempts, cut, saving } = this.#options;
    const before = journal.attempts.get(delivery.id);
    const attempt = (before?.n ?? 0) + 1;
    const row = delivery.message.activityId;
    if (before !== undefined && await wasGivenUp(this.#options, delivery)) {
      if (!run.settle()) return undefined;
      const why =
        "it was given up, and the connector ended before that was saved";
      await endGivenUp(this.#options, delivery, before.n, why);
      await this.#options.files.over(delivery);
      return undefined;
    }
    if (run.isStopped) return undefined;
    if (isReset(delivery.message, this.#options.resetCommand)) {
      this.#beginAnew(delivery, run);
      return undefined;
    }
    const refusal = takesNoFiles(
      delivery.message,
      backend.accepts?.files ?? false,
    );
    if (refusal !== undefined) {
      this.#answer(delivery, run, refusal, 0);
      return undefined;
    }
    if (attempt > maxAttempts) {
      const tries = attempt === 2 ? "1 attempt" : `${attempt - 1} attempts`;
      const why = `The connector was killed in the middle of it (${tries})`;
      return await this.#giveUp(delivery, run, attempt - 1, why);
    }
    const processes = new TurnProcesses(this.#options, row);
    const again = before !== undefined && before.untried !== true;
    const forget = this.#beginChatAnew(delivery, before);
    const kept = {
      at: Date.now(),
      task: handling.words,
      ...(row === delivery.id ? {} : { row }),
      ...(before?.anew || forget !== undefined ? { anew: true as const } : {}),
    };
    const running = { ...kept, turn: processes.turnId };
    journal.attempts.set(delivery.id, { n: attempt, ...running });
    // That it began stays known, for an agent may remember the question; no process of it is left to be looked for.
    const uncount = () => {
      journal.attempts.set(delivery.id, { n: attempt - 1, ...kept });
    };
    // Saved at once, with the id of the run: what then becomes of this process, the cut does not count.
    const onCut = () => {
      if (run.isStopped) return;
      journal.attempts.set(delivery.id, { n: attempt - 1, ...running });
      saving.commitThen(() => reached("cut saved"));
    };
    cut.addEventListener("abort", onCut, { once: true });
    reached("attempt counted");
    await journal.commit();
    reached("attempt saved");
    await forget?.();
    await this.#options.files.prepare(delivery);
    const session = await this.#options.sessions.open(delivery.lane);
    if (run.isStopped) {
      cut.removeEventListener("abort", onCut);
      return undefined;
    }
    const turn = handling.turnStarts();
    const startedAt = performance.now();
    let reply: Answer;
    try {
      reply = await this.#ask(delivery, run, session, {
        attempt,
        again,
        turnId: processes.turnId,
        childStarted: processes.started,
        progress: turn.progress,
      }).finally(() => cut.removeEventListener("abort", onCut));
      if (!run.settle()) throw run.signal.reason;
    } catch (error) {
      if (run.isStopped) {
        await processes.end();
        return undefined;
      }
      if (error instanceof TurnCut) {
        turn.cut();
        if (await processes.end()) uncount();
        return { afterMs: 0, everybody: false };
      }
      if (error instanceof FilesNotYet) {
        turn.cut();
        if (again) journal.attempts.set(delivery.id, before);
        else if (kept.anew) {
          journal.attempts.set(delivery.id, { n: 0, ...kept, untried: true });
        } else journal.attempts.delete(delivery.id);
        await journal.commit();
        return { afterMs: error.afterMs, everybody: false };
      }
      reached("turn failed");
      turn.end(error ?? new Error("rejected with nothing"));
      this.#options.configuration.failed(error);
      await processes.end();
      if (run.isStopped) return undefined;
      return await this.#failed(delivery, run, attempt, error, uncount);
    }
    reached("turn ended");
    const durationMs = Math.round(performance.now() - startedAt);
    if (reply.isOurs) turn.cut();
    else {
      turn.end(undefined);
      this.#options.weather.answered();
      this.#options.configuration.worked();
      // Before the answer is saved: a session that had one must not be taken for a new one after a crash.
      await session.answered();
    }
    this.#answer(delivery, run, reply, durationMs);
    return undefined;
  }

  /** The message asks for a new session of its conversation; no back end is asked. */
  #beginAnew(delivery: Delivery, run: Run): void {
    if (!run.settle()) return;
    const { sessions, log, saving } = this.#options;
    const forget = sessions.begin(delivery);
    reached("epoch begun");
    log.info("A conversation begins a new session, as its sender asked", {
      row: shortId(delivery.message.activityId),
    });
    // The epoch, the answer and the end of the row are one commit.
    this.#answer(delivery, run, textReply(RESET_REPLY), 0);
    saving.commitThen(forget);
  }

  /**
   * Where the person began a new session before this message: leaves the old one, with the commit of the attempt. What
   * it returns forgets that one. A letter that is tried again came from a session that has moved on.
   */
  #beginChatAnew(
    delivery: Delivery,
    before: Attempt | undefined,
  ): (() => Promise<void>) | undefined {
    if (!leavesOldChat(delivery, before)) return undefined;
    const forget = this.#options.sessions.begin(delivery);
    reached("epoch begun");
    return forget;
  }

  async #ask(
    delivery: Delivery,
    { signal: stop }: Run,
    session: OpenSession,
    turn: Pick<
      BackendContext,
      "attempt" | "again" | "turnId" | "childStarted" | "progress"
    >,
  ): Promise<Answer> {
    const {
      backend,
      backendTimeoutMs,
      cut,
      timing,
      paths,
      files,
      log,
      emit,
      redactor,
    } = this.#options;
    const { message } = delivery;
    const { attempt } = turn;
    const end = AbortSignal.any([cut, stop]);
    const given = await files.fetch(delivery, end);
    end.throwIfAborted();
    const note = notRead(message, backend.accepts?.files ?? false);
    const unread = noneReadable(message, given);
    if (unread !== undefined) return { ...unread, isOurs: true };
    emit({ type: "turn_started", ...who(delivery), attempt });
    const reply = await runTurn(message, {
      backend,
      timeoutMs: backendTimeoutMs,
      cut: end,
      abandonAfterMs: timing.abandonAfterMs,
      context: {
        log: withFields(log, { row: shortId(delivery.message.activityId) }),
        session: session.session,
        history: chatHistory(message),
        workDir: paths.work,
        ...given,
        ...turn,
      },
    }).finally(() => {
      session.end();
      redactor.addAll(backend.secrets);
    });
    const { parts, ...rest } = cleaned(reply, backend.name);
    const most = mostFileBytes(message.origin);
    return {
      ...rest,
      parts: await files.attach(delivery, parts, most),
      note,
    };
  }

  /** Saves the answer: from then on no Stop comes in time, also where no turn was. */
  #answer(
    delivery: Delivery,
    run: Run,
    reply: Answer,
    durationMs: number,
  ): void {
    if (!run.settle()) return;
    const { finish, emit, replySaved, saving, files } = this.#options;
    const { parts, metadata = {}, note } = reply;
    const text = textOf(parts);
    saveAnswer(this.#options, delivery, "reply", parts, metadata, note);
    finish(delivery);
    reached("reply in outbox");
    saving.commitThen(() => {
      reached("reply saved");
      emit({ type: "answered", ...who(delivery), text, durationMs });
      replySaved();
      return files.answered(delivery);
    });
  }

  async #failed(
    delivery: Delivery,
    run: Run,
    attempt: number,
    error: unknown,
    uncount: () => void,
  ): Promise<Again | undefined> {
    const { maxAttempts, emit, timing, journal, weather, redactor } =
      this.#options;
    const isWeather = error instanceof BackendError && error.kind === "weather";
    const isOwn = isWeather && weather.isOnlyOf(delivery);
    const pauseMs = isWeather && !isOwn ? weather.pauseMs(error) : undefined;
    if (!isWeather) weather.clear();
    const failure = isOwn
      ? ofItsOwn(error)
      : isWeather && pauseMs === undefined
      ? notWaitedFor(error)
      : error;
    const kind = failure instanceof BackendError ? failure.kind : "retry";
    const why = redactor.redact(reason(failure)); // it stands in the dead letter, too
    const hint = failure instanceof BackendError && failure.hint !== undefined
      ? { hint: redactor.redact(failure.hint) }
      : {};
    const counts = !(failure instanceof BackendError && failure.uncounted);
    const final = kind === "final" ||
      (kind === "retry" && counts && attempt >= maxAttempts);
    emit({
      type: "turn_failed",
      ...who(delivery),
      attempt,
      final,
      reason: why,
      ...hint,
      ...(pauseMs === undefined ? {} : { pausedMs: pauseMs }),
    });
    if (pauseMs !== undefined) {
      uncount();
      await journal.commit();
      return { afterMs: pauseMs, everybody: true };
    }
    if (!final) {
      if (!counts) {
        uncount();
        await journal.commit();
      }
      const backoff = new Backoff(
        timing.backoffBaseMs * 2 ** attempt,
        timing.backoffCapMs,
      );
      const afterMs = isOwn ? weather.ownPauseMs(error) : backoff.next();
      return { afterMs, everybody: false };
    }
    return await this.#giveUp(delivery, run, attempt, why, failure);
  }

  async #giveUp(
    delivery: Delivery,
    run: Run,
    attempts: number,
    why: string,
    error?: unknown,
  ): Promise<undefined> {
    if (!run.settle()) return undefined;
    await giveUp(this.#options, delivery, attempts, why, error);
    await this.#options.files.over(delivery);
  }
}
