/** A back end whose turns take virtual time, fail as their message's plan says, and now and then end the process. */
import type {
  Backend,
  BackendContext,
  InboundMessage,
  Reply,
} from "../../src/backends/backend.ts";
import { BackendError } from "../../src/errors.ts";
import type { Ledger, Run } from "./ledger.ts";
import { type Life, never } from "./life.ts";
import type { Random } from "./random.ts";
import type { SessionWatch } from "./session_watch.ts";
import type { VirtualClock } from "./virtual_clock.ts";
import { answerText, type Message, type TurnPlan } from "./world.ts";

/** What the back end needs. */
export interface VirtualBackendOptions {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly ledger: Ledger;
  readonly sessions: SessionWatch;
  readonly life: Life;
  readonly concurrency: number;
  /** Ends the process. */
  readonly kill: () => void;
}

/** The back end of one process. */
export class VirtualBackend implements Backend {
  readonly name = "virtual";
  readonly #options: VirtualBackendOptions;

  /** Nothing runs yet. */
  constructor(options: VirtualBackendOptions) {
    this.#options = options;
  }

  handle(message: InboundMessage, context: BackendContext): Promise<Reply> {
    const { clock, random, ledger, life, concurrency, kill } = this.#options;
    if (!life.alive) return never();
    const run = ledger.runBegins(message.activityId, life, concurrency);
    const tracked = ledger.ofRow(message.activityId);
    if (run === undefined || tracked === undefined) return never();
    const { plan, name } = tracked.message;
    const remembered = this.#remember(tracked.message, context);
    // Runs that our own stop cut are no trouble of the message's.
    const nth = tracked.runs.filter(({ state }) => state !== "cut").length - 1;
    const trouble = plan.trouble[nth];
    const ms = plan.ms * random.between(0.5, 1.5);
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        if (run.state !== "running" || !life.alive) return;
        context.signal.removeEventListener("abort", onAbort);
        settle();
      };
      const ignoresAbort = random.chance(0.1);
      const onAbort = () => {
        run.state = "cut";
        ledger.count("turns that a stop cut");
        if (!ignoresAbort) reject(context.signal.reason);
      };
      context.signal.addEventListener("abort", onAbort, { once: true });
      const work = () =>
        clock.after(ms, () =>
          end(() => {
            if (trouble === "killer") {
              kill();
            } else if (trouble === undefined) {
              run.state = "answered";
              ledger.lastRunFailed = false;
              run.text = answerText(plan, name, run.number);
              resolve(reply(run));
            } else {
              ledger.lastRunFailed = true;
              const isOverload = trouble === "weather" || trouble === "storm";
              run.state = isOverload ? "overloaded" : "failed";
              ledger.count(`turns that failed: ${trouble}`);
              reject(failure(trouble));
            }
          }));
      remembered.then(work, (error) =>
        end(() => {
          run.state = "failed";
          reject(error);
        }));
    });
  }

  /** Keeps the message's name behind those that the session has seen. */
  async #remember(
    { conversation, name }: Message,
    { session }: BackendContext,
  ): Promise<void> {
    const { sessions, life } = this.#options;
    const seen = sessions.begins(conversation, name, session);
    const text = JSON.stringify([...seen, name]);
    sessions.keeps(conversation, text);
    await session.keep(text);
    if (life.alive) sessions.kept(conversation, text);
  }
}

function reply(run: Run): Reply {
  return {
    parts: run.text === "" ? [] : [{ kind: "text", text: run.text }],
  };
}

function failure(trouble: Exclude<TurnPlan["trouble"][number], "killer">) {
  if (trouble === "retry") return new Error("the agent broke");
  return trouble === "storm"
    ? new BackendError("weather", "the agent is out of quota", {
      retryAfterMs: 90_000,
    })
    : new BackendError(trouble, "the agent broke", { retryAfterMs: 3_000 });
}
