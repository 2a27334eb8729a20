/**
 * One turn of an agent: the prompt, what comes of it, and its end where it has to be cut short.
 *
 * @module
 */
import { asText } from "../../as_text.ts";
import { BackendError } from "../../errors.ts";
import type { BackendContext, Reply } from "../backend.ts";
import { doingKind } from "../progress_words.ts";
import { MAX_ANSWER_BYTES } from "../command/run_command.ts";
import type { Agent, SessionListener } from "./agent.ts";
import { AnswerText } from "./answer_text.ts";
import { type JsonObject, jsonObject, RpcError } from "./connection.ts";
import { endDeaf } from "./end_deaf.ts";
import {
  CANCELLED,
  decide,
  type Decision,
  type PermissionPolicy,
  toolKind,
} from "./permission.ts";
import { refusalError } from "./refusal.ts";
import { turnReply } from "./turn_reply.ts";

/** Of so many uses of tools the kind is remembered. */
const MAX_TOOL_CALLS = 1_000;

/** What a turn is made of. */
export interface TurnOptions {
  /** The agent. */
  readonly agent: Agent;
  /** Its id of the session. */
  readonly sessionId: string;
  /** What it is asked. */
  readonly prompt: readonly JsonObject[];
  /** Which tools may be used. */
  readonly policy: PermissionPolicy;
  /** The core's side of the turn. */
  readonly context: BackendContext;
  /** Ends the turn: the core's own signal, and the time-out. */
  readonly signal: AbortSignal;
}

/** Listens to a session for as long as one turn lasts. */
class TurnListener implements SessionListener {
  readonly answer = new AnswerText(MAX_ANSWER_BYTES);
  readonly overflow = new AbortController();
  /** From now on the agent is told that the turn was cancelled. */
  cancelled = false;
  /** Whether the agent was refused a tool. */
  refused = false;

  readonly #policy: PermissionPolicy;
  readonly #context: BackendContext;
  #kinds = new Map<string, string>();

  constructor({ policy, context }: TurnOptions) {
    this.#policy = policy;
    this.#context = context;
  }

  update(update: JsonObject): void {
    switch (update.sessionUpdate) {
      case "agent_message_chunk":
        this.answer.add(update);
        if (this.answer.overflowed) this.overflow.abort(tooLarge());
        break;
      case "tool_call":
        this.#context.progress(doingKind(this.#kindOf(update)));
        this.answer.toolUsed();
        break;
      case "tool_call_update":
        this.answer.toolUsed();
        break;
    }
  }

  permission({ toolCall, options }: JsonObject): Decision {
    // Some agents ask without having told of the tool before.
    this.answer.toolUsed();
    if (this.cancelled) return CANCELLED;
    const { log, files } = this.#context;
    const kind = this.#kindOf(jsonObject(toolCall));
    const paths = files.map(({ path }) => path);
    const policy = this.#policy;
    const decision = decide({ toolCall, options, kind, policy, paths });
    if (!decision.allowed) this.refused = true;
    log.info(
      decision.allowed
        ? "the agent was allowed a tool"
        : "the agent asked for a tool that it has not been allowed",
      {
        kind,
        ...(decision.allowed
          ? {}
          : { hint: `allow it with the option permission=${kind}` }),
      },
    );
    return decision;
  }

  /** The kind of a tool; an agent tells it once, and need not repeat it. */
  #kindOf({ toolCallId, kind }: JsonObject): string {
    const id = asText(toolCallId);
    if (kind === undefined || kind === null) {
      return this.#kinds.get(id) ?? "other";
    }
    const known = toolKind(kind);
    if (this.#kinds.size < MAX_TOOL_CALLS) this.#kinds.set(id, known);
    return known;
  }
}

function tooLarge(): BackendError {
  return new BackendError(
    "final",
    `The agent was stopped: its answer is larger than ${
      MAX_ANSWER_BYTES / 1024 / 1024
    } MiB`,
    { failure: "too_large" },
  );
}

/**
 * Runs a turn.
 *
 * @throws {BackendError} if it gives no answer.
 * @throws the signal's reason, once the agent has stopped; one that does not is ended.
 */
export async function runTurn(options: TurnOptions): Promise<Reply> {
  const { agent, sessionId, prompt, signal } = options;
  const listener = new TurnListener(options);
  using _ = agent.listen(sessionId, listener);
  const stop = AbortSignal.any([signal, listener.overflow.signal]);
  stop.throwIfAborted();
  const asked = agent.request("session/prompt", { sessionId, prompt });
  const stopped = Promise.withResolvers<never>();
  const onStop = () => stopped.reject(stop.reason);
  stop.addEventListener("abort", onStop, { once: true });
  try {
    const result = await Promise.race([asked, stopped.promise]);
    stop.throwIfAborted();
    return turnReply(jsonObject(result), listener);
  } catch (error) {
    if (!stop.aborted) {
      throw error instanceof RpcError
        ? refusalError(error, agent.loginHint)
        : error;
    }
    listener.cancelled = true;
    agent.cancel(sessionId);
    await endDeaf(agent, asked);
    throw stop.reason;
  } finally {
    stop.removeEventListener("abort", onStop);
  }
}
