/**
 * The sessions that a running agent has open, by the conversation that each belongs to.
 *
 * @module
 */
import { delay } from "@std/async/delay";
import { BackendError, reason } from "../../errors.ts";
import { inTime } from "../../in_time.ts";
import type { Logger } from "../../log.ts";
import type { Session } from "../backend.ts";
import type { Agent } from "./agent.ts";
import { RpcError } from "./connection.ts";
import { endDeaf } from "./end_deaf.ts";
import { CANCELLED } from "./permission.ts";
import { isUnknownSession, refusalError } from "./refusal.ts";

/** Most sessions that one agent has open. */
const MAX_LIVE = 100;
/** An agent that told nothing of a loaded session for so long has told all of its past: some do so after their answer. */
const REPLAY_QUIET_MS = 250;

/** What one turn needs to open its session. */
export interface OpenOptions {
  /** The conversation's session. */
  readonly session: Session;
  /** Where the agent works, absolute. */
  readonly cwd: string;
  /** Log lines of the turn. */
  readonly log: Logger;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/** The open sessions of one agent. */
export class LiveSessions {
  readonly #agent: Agent;
  readonly #log: Logger;
  /** The one that was used longest ago comes first. */
  #live = new Map<string, string>();
  /** Conversations whose session was refused once, with words that say nothing. */
  #refused = new Set<string>();

  /** None is open yet. */
  constructor(agent: Agent, log: Logger) {
    this.#agent = agent;
    this.#log = log;
  }

  /**
   * The agent's id of a conversation's session: the open one; else the kept one, where the agent can take it up; else a
   * new one, which is kept.
   *
   * @throws {BackendError} if the agent gives none.
   * @throws the signal's reason; an agent that does not answer is ended.
   */
  async open(options: OpenOptions): Promise<string> {
    const { session: { id }, signal } = options;
    const sessionId = this.#live.get(id) ??
      await this.#takeUp(options) ??
      await this.#begin(options);
    signal.throwIfAborted();
    this.#live.delete(id);
    this.#live.set(id, sessionId);
    if (this.#live.size > MAX_LIVE) this.#closeOldest(sessionId);
    return sessionId;
  }

  /** Told why a turn failed: a session that the agent lost is not asked again. */
  failed(id: string, error: unknown): void {
    const cause = error instanceof Error ? error.cause : undefined;
    if (cause instanceof RpcError && isUnknownSession(cause)) {
      this.#live.delete(id);
    }
  }

  async #begin({ session, cwd, signal }: OpenOptions): Promise<string> {
    const sessionId = await this.#answer(this.#agent.newSession(cwd), signal);
    await session.keep(sessionId);
    return sessionId;
  }

  async #takeUp(
    { session: { id, kept: sessionId }, cwd, log, signal }: OpenOptions,
  ): Promise<string | undefined> {
    if (sessionId === undefined) return undefined;
    const method = this.#agent.can("resume")
      ? "session/resume"
      : this.#agent.can("loadSession")
      ? "session/load"
      : undefined;
    const forgets = "the agent begins this conversation without its memory";
    if (method === undefined) {
      log.info(forgets, { why: "it cannot take up a session after a restart" });
      return undefined;
    }
    let told = performance.now();
    using _ = this.#agent.listen(sessionId, {
      update: () => void (told = performance.now()),
      permission: () => CANCELLED,
    });
    try {
      await this.#answer(
        this.#agent.takeUpSession(method, sessionId, cwd),
        signal,
      );
    } catch (error) {
      if (!this.#hasForgotten(id, error)) throw error;
      log.info(forgets, { why: reason(error) });
      return undefined;
    }
    this.#refused.delete(id);
    if (method === "session/resume") return sessionId;
    told = performance.now();
    for (let quiet = 0; quiet < REPLAY_QUIET_MS;) {
      await delay(REPLAY_QUIET_MS - quiet, { signal });
      quiet = performance.now() - told;
    }
    return sessionId;
  }

  /** @throws {BackendError} for a refusal, which it has as its cause. */
  async #answer<T>(asked: Promise<T>, signal: AbortSignal): Promise<T> {
    try {
      return await inTime(asked, signal);
    } catch (error) {
      if (signal.aborted) await endDeaf(this.#agent, asked);
      throw error instanceof RpcError
        ? refusalError(error, this.#agent.loginHint)
        : error;
    }
  }

  /**
   * Whether a session that was refused with `error` is gone. Where the refusal says nothing, it is asked for once more:
   * some agents have no other words for a session that they do not know, and would never answer in it again.
   */
  #hasForgotten(id: string, error: unknown): boolean {
    if (!(error instanceof BackendError)) return false;
    const { kind, cause } = error;
    if (!(cause instanceof RpcError)) return false;
    if (isUnknownSession(cause)) return true;
    if (kind !== "retry") return false;
    if (this.#refused.delete(id)) return true;
    this.#refused.add(id);
    return false;
  }

  /** Closes the session that was used longest ago and is not being used. */
  #closeOldest(newest: string): void {
    for (const [id, sessionId] of this.#live) {
      if (sessionId === newest || this.#agent.isBusy(sessionId)) continue;
      this.#live.delete(id);
      if (!this.#agent.can("close")) return;
      this.#agent.request("session/close", { sessionId }).catch((error) =>
        this.#log.debug("the agent did not close a session", {
          error: reason(error),
        })
      );
      return;
    }
  }
}
