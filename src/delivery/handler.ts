/** What happens to one message: attempt saved, back end asked, answer saved, row finished. */
import { reached } from "../crash_points.ts";
import { join } from "@std/path";
import { cleanJson, cleanParts } from "../a2a/clean_text.ts";
import { textOf } from "../a2a/message.ts";
import type { Metadata, Part } from "../a2a/part.ts";
import type { Backend, Reply } from "../backends/backend.ts";
import type { ConnectEvent } from "../connection.ts";
import { BackendError, reason } from "../errors.ts";
import { type Logger, withFields } from "../log.ts";
import type { Presence } from "../presence/presence.ts";
import { Backoff } from "../retry.ts";
import type { StatePaths } from "../state/paths.ts";
import type { OutboxStep } from "../state/state.ts";
import type { Timing } from "../timing.ts";
import { letterId } from "./dead_letter.ts";
import { deadLetter, type DeadLetters } from "./dead_letters.ts";
import type { Delivery } from "./delivery.ts";
import type { Again } from "./dispatcher.ts";
import { failureText } from "./failure_text.ts";
import { derivedId, type Purpose } from "./ids.ts";
import type { Journal } from "../state/journal.ts";
import { runTurn, TurnCut } from "./turn.ts";

/** No usage limit lasts longer than this. */
const MAX_WEATHER_MS = 31 * 24 * 3_600_000;

/** Of so many conversations it is known that they had a turn; senders choose how many there are. */
const MAX_SESSIONS = 1_000;

/** No real id is longer; a longer one would stand in the state until its answer is taken. */
const MAX_ECHOED_CHARS = 1_000;

/** An id of the sender's as an answer carries it back; empty where there is none, or one of absurd length. */
function echoed(id: unknown): string {
  return typeof id === "string" && id.length <= MAX_ECHOED_CHARS ? id : "";
}

/** A reply as it can be sent: JSON, without what the platform would lose it for. */
function cleaned(reply: Reply, backend: string): Reply {
  try {
    const { parts, metadata } = reply;
    return {
      parts: cleanParts(parts),
      ...(metadata === undefined
        ? {}
        : { metadata: cleanJson(metadata) as Metadata }),
    };
  } catch (cause) {
    throw new BackendError(
      "final",
      `The reply of the back end "${backend}" cannot be written as JSON`,
      { cause },
    );
  }
}

/** What a handler needs. */
export interface HandlerOptions {
  readonly workspaceId: string;
  readonly backend: Backend;
  readonly journal: Journal;
  readonly deadLetters: DeadLetters;
  readonly paths: StatePaths;
  readonly presence: Presence;
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
  /** Told what is a bug, or a disk that failed to the end. */
  readonly onFatal: (error: unknown) => void;
}

/** Handles deliveries, one at a time each. */
export class Handler {
  readonly #options: HandlerOptions;
  readonly #weather: Backoff;
  #sessions = new Set<string>();
  #saving = new Set<Promise<void>>();

  /** Nothing is handled yet. */
  constructor(options: HandlerOptions) {
    this.#options = options;
    this.#weather = new Backoff(
      options.timing.weatherMs[0],
      options.timing.weatherMs[1],
    );
  }

  /** Handles a delivery once; says when it is to be handled again, or undefined when it is finished. */
  async handle(delivery: Delivery): Promise<Again | undefined> {
    const { journal, maxAttempts, presence, cut } = this.#options;
    if (cut.aborted) return { afterMs: 0, everybody: false };
    const before = journal.attempts.get(delivery.id);
    const attempt = (before?.n ?? 0) + 1;
    if (attempt > maxAttempts) {
      await this.#giveUp(
        delivery,
        attempt - 1,
        `the connector ended in the middle of it ${attempt - 1} times`,
      );
      return undefined;
    }
    journal.attempts.set(delivery.id, { n: attempt, at: Date.now() });
    reached("attempt counted");
    await journal.commit();
    reached("attempt saved");
    const turn = presence.turnStarts(delivery.message);
    const uncount = () =>
      before === undefined
        ? journal.attempts.delete(delivery.id)
        : journal.attempts.set(delivery.id, before);
    const startedAt = performance.now();
    try {
      const reply = await this.#ask(delivery, attempt, turn.progress);
      reached("turn ended");
      turn.end(undefined);
      this.#weather.reset();
      this.#answer(
        delivery,
        reply,
        Math.round(performance.now() - startedAt),
      );
      return undefined;
    } catch (error) {
      if (error instanceof TurnCut) {
        turn.cut();
        uncount();
        return { afterMs: 0, everybody: false };
      }
      reached("turn failed");
      turn.end(error ?? new Error("rejected with nothing"));
      return await this.#failed(delivery, attempt, error, uncount);
    }
  }

  async #ask(
    delivery: Delivery,
    attempt: number,
    progress: (text: string) => void,
  ): Promise<Reply> {
    const {
      workspaceId,
      backend,
      backendTimeoutMs,
      cut,
      timing,
      paths,
      log,
      emit,
    } = this.#options;
    const { message } = delivery;
    const session = derivedId(workspaceId, delivery.lane, "session", 0);
    const fresh = !this.#sessions.has(session);
    this.#sessions.add(session);
    if (this.#sessions.size > MAX_SESSIONS) {
      this.#sessions.delete(this.#sessions.values().next().value!);
    }
    emit({ type: "turn_started", ...this.#who(delivery), attempt });
    const reply = await runTurn(message, {
      backend,
      timeoutMs: backendTimeoutMs,
      cut,
      abandonAfterMs: timing.abandonAfterMs,
      context: {
        log: withFields(log, { row: delivery.id }),
        attempt,
        session: { id: session, fresh },
        files: [],
        workDir: paths.work,
        outboxDir: join(paths.work, "outbox"),
        progress,
      },
    });
    return cleaned(reply, backend.name);
  }

  #answer(
    delivery: Delivery,
    reply: Reply,
    durationMs: number,
  ): void {
    const { finish, emit, replySaved, log } = this.#options;
    const { parts, metadata = {} } = reply;
    const text = textOf(parts);
    if (delivery.message.origin === "channel") {
      log.info(
        "A channel's message was answered; this release has no way back to it",
        { row: delivery.id, text },
      );
    } else {
      this.#save(delivery, "reply", parts, metadata);
    }
    finish(delivery);
    reached("reply in outbox");
    this.#saveThen(() => {
      reached("reply saved");
      emit({ type: "answered", ...this.#who(delivery), text, durationMs });
      replySaved();
    });
  }

  /**
   * Commits, then tells. The next turn need not wait for it: its own attempt is saved by the same write, before it
   * begins.
   */
  #saveThen(tell: () => void): void {
    const saving = this.#options.journal.commit().then(tell).catch(
      this.#options.onFatal,
    ).finally(() => this.#saving.delete(saving));
    this.#saving.add(saving);
  }

  /** Whether everything that was finished is saved and told. */
  get isQuiet(): boolean {
    return this.#saving.size === 0;
  }

  /** Resolves when everything that was finished is saved and told. */
  async saved(): Promise<void> {
    await Promise.all(this.#saving);
  }

  /** Puts an answer into the outbox; one that says nothing is not sent. */
  #save(
    delivery: Delivery,
    purpose: Purpose,
    parts: readonly Part[],
    metadata: Metadata,
  ): void {
    const { journal, workspaceId, log } = this.#options;
    const { message } = delivery;
    const toPerson = message.origin === "canvas";
    const content = toPerson
      ? parts.filter((part) => part.kind === "text")
      : parts;
    const says = (part: Part) =>
      part.kind !== "text" || part.text.trim() !== "";
    if (content.length < parts.length) {
      log.warn(
        "Only the text of an answer can be shown to a person by this release",
        { row: delivery.id },
      );
    }
    if (!content.some(says)) return;
    const step: OutboxStep = toPerson ? "notify" : "a2a";
    const inReplyTo = echoed(message.messageId);
    const delegation = echoed(message.metadata.delegation_id);
    journal.addReply({
      id: derivedId(workspaceId, delivery.id, purpose, 0),
      row: delivery.id,
      peer: message.callerId,
      origin: message.origin,
      lane: delivery.lane,
      steps: [step],
      context: echoed(message.contextId),
      task: echoed(message.taskId),
      metadata: {
        ...metadata,
        ...(inReplyTo === "" ? {} : { in_reply_to: inReplyTo }),
        ...(delegation === "" ? {} : { delegation_id: delegation }),
        reply: true,
      },
      saved: Date.now(),
      tries: 0,
    }, content);
  }

  async #failed(
    delivery: Delivery,
    attempt: number,
    error: unknown,
    uncount: () => void,
  ): Promise<Again | undefined> {
    const { maxAttempts, emit, timing, journal } = this.#options;
    const kind = error instanceof BackendError ? error.kind : "retry";
    const why = reason(error);
    const final = kind === "final" ||
      (kind === "retry" && attempt >= maxAttempts);
    emit({
      type: "turn_failed",
      ...this.#who(delivery),
      attempt,
      final,
      reason: why,
    });
    if (kind === "weather") {
      uncount();
      await journal.commit();
      const asked = error instanceof BackendError ? error.retryAfterMs ?? 0 : 0;
      const own = Math.max(this.#weather.next(), timing.weatherMs[0]);
      // A back end that names no time, or a strange one, is not asked again at once, and not never.
      return {
        afterMs: asked > 0 && asked < MAX_WEATHER_MS ? asked : own,
        everybody: true,
      };
    }
    if (!final) {
      const backoff = new Backoff(
        timing.backoffBaseMs * 2 ** attempt,
        timing.backoffCapMs,
      );
      return { afterMs: backoff.next(), everybody: false };
    }
    await this.#giveUp(
      delivery,
      attempt,
      why,
      error instanceof BackendError ? error.publicText : undefined,
    );
    return undefined;
  }

  /** The message goes to the dead letters, its sender is told once, and the cursor may pass. */
  async #giveUp(
    delivery: Delivery,
    attempts: number,
    why: string,
    publicText?: string,
  ): Promise<void> {
    const { journal, workspaceId, deadLetters, finish, emit, replySaved, log } =
      this.#options;
    const { message } = delivery;
    const letter = deadLetter("message", workspaceId, delivery.id, {
      caller_id: message.callerId,
      reason: why,
      attempts,
      payload: delivery.row,
    });
    await journal.untilWritten(() => deadLetters.save(letter));
    reached("dead letter written");
    if (message.origin !== "channel") {
      const text = publicText ?? failureText(message.origin);
      this.#save(delivery, "failure", cleanParts([{ kind: "text", text }]), {});
    }
    finish(delivery);
    reached("given up");
    await journal.commit();
    reached("given up saved");
    log.error("A message was given up and stands in the dead letters", {
      row: delivery.id,
      attempts,
      reason: why,
      ...deadLetters.where(letter),
    });
    const given = { reason: why, letter: letterId(letter) };
    emit({ type: "dead_letter", ...this.#who(delivery), ...given });
    replySaved();
  }

  #who(delivery: Delivery) {
    const { origin, callerId } = delivery.message;
    return { activityId: delivery.id, origin, callerId };
  }
}
