/**
 * The one agent that a back end keeps: started when it is needed first, started again after its end, and ended when the
 * back end is closed.
 *
 * @module
 */
import { delay } from "@std/async/delay";
import { BackendError } from "../../errors.ts";
import { inTime } from "../../in_time.ts";
import { Backoff } from "../../retry.ts";
import { Agent, type AgentOptions } from "./agent.ts";
import { LiveSessions } from "./live_sessions.ts";

/** How long an agent may take from its start until it has agreed on the protocol. */
const START_MS = 60_000;
/** First and longest bound of the wait before an agent that ended by itself is started again. */
const RESTART_MS = [500, 30_000] as const;

/** An agent with the sessions that it has. */
export interface RunningAgent {
  /** The agent. */
  readonly agent: Agent;
  /** Its sessions. */
  readonly sessions: LiveSessions;
}

/** Keeps one agent. */
export class AgentHost {
  readonly #startMs: number;
  readonly #backoff = new Backoff(...RESTART_MS);
  readonly #closed = new AbortController();
  #current: Promise<RunningAgent> | undefined;

  /** None was started yet. */
  constructor(startMs: number = START_MS) {
    this.#startMs = startMs;
  }

  /**
   * The agent that runs, or a new one made of what `options` gives. Several that want one get the same one.
   *
   * @throws {BackendError} if it cannot be started, or does not agree on the protocol.
   * @throws the signal's reason; the agent starts all the same, for the next turn.
   */
  async agent(
    options: () => AgentOptions,
    signal: AbortSignal,
  ): Promise<RunningAgent> {
    signal.throwIfAborted();
    if (this.#current === undefined) {
      const starting = this.#start(options());
      this.#current = starting;
      const forget = () => {
        if (this.#current === starting) this.#current = undefined;
      };
      starting.then(({ agent }) => agent.ended.then(forget), forget);
    }
    return await inTime(this.#current, signal);
  }

  /** A turn came to its end: the agent works, and would be started again at once. */
  worked(): void {
    this.#backoff.reset();
  }

  /** Ends the agent, also one that is being started; none is started afterwards. */
  async close(): Promise<void> {
    this.#closed.abort(new BackendError("retry", "The back end was closed"));
    const running = await this.#current?.catch(() => undefined);
    await running?.agent.end();
  }

  async #start(options: AgentOptions): Promise<RunningAgent> {
    const { signal } = this.#closed;
    signal.throwIfAborted();
    const wait = this.#backoff.failures === 0 ? 0 : this.#backoff.next();
    // Counted until a turn worked.
    if (wait === 0) this.#backoff.next();
    else await delay(wait, { signal });
    const late = new AbortController();
    const timer = setTimeout(() =>
      late.abort(
        new BackendError(
          "retry",
          `The agent did not answer within ${
            this.#startMs / 1_000
          } s of its start`,
          {
            failure: "not_ready",
            hint:
              "run its command by hand: it has to speak the Agent Client Protocol on stdin and stdout",
          },
        ),
      ), this.#startMs);
    try {
      const agent = await Agent.start(
        options,
        AbortSignal.any([signal, late.signal]),
      );
      return { agent, sessions: new LiveSessions(agent, options.log) };
    } finally {
      clearTimeout(timer);
    }
  }
}
