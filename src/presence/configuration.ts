/** Whether the back end can be used: the agent card says so to everybody, and whoever asks a person's question is told. */
import type { Backend, Readiness } from "../backends/backend.ts";
import { Bell } from "../bell.ts";
import {
  BackendError,
  PermanentError,
  reason,
  TransientError,
} from "../errors.ts";
import { inTime } from "../in_time.ts";
import type { Logger } from "../log.ts";
import type { PlatformClient } from "../platform/client.ts";
import type { AgentCard, LookUp } from "../platform/wire.ts";
import { Backoff } from "../retry.ts";
import type { Timing } from "../timing.ts";
import { publicWords } from "./public_words.ts";

/** Longest time that a back end may take to say whether it can work. */
const CHECK_MS = 10_000;

/** What is needed to tell it. */
export interface ConfigurationOptions {
  readonly backend: Backend;
  readonly client: Pick<PlatformClient, "updateCard">;
  /** The card as it is while all is well. */
  readonly card: AgentCard;
  /** Whether the operator chose what it shows: a page that is open is to show it now, and not once it is loaded again. */
  readonly isChosen: boolean;
  /** Keeps secrets out of what back ends say. */
  readonly redact: (text: string) => string;
  /** The home directory, which is nobody's business. */
  readonly home: string | undefined;
  readonly timing: Pick<
    Timing,
    "recheckEveryMs" | "backoffBaseMs" | "backoffCapMs"
  >;
  readonly log: Logger;
}

/** Keeps what is wrong with the back end, and tells the platform. */
export class Configuration {
  readonly #options: ConfigurationOptions;
  readonly #changed = new Bell();
  #listener: () => void = () => {};
  #error = "";
  /** What the page shows as the error; undefined where it may show anything. */
  #shown: string | undefined;
  /** Whether the back end itself said that it cannot work: then its word that it can counts, too. */
  #isItsWord = false;
  #checkAt = 0;

  /** The back end is taken to be usable. */
  constructor(options: ConfigurationOptions) {
    this.#options = options;
    this.#shown = options.isChosen ? undefined : "";
  }

  /** Why the back end cannot be used and what helps, in a sentence for everybody; empty where it can. */
  get error(): string {
    return this.#error;
  }

  /** Tells `listener` whenever the back end turned out to be unusable, or usable again. */
  onChange(listener: () => void): void {
    this.#listener = listener;
  }

  /** The card as it is to be shown now. */
  card(): AgentCard {
    const { card } = this.#options;
    return this.#error === "" ? card : {
      ...card,
      configuration_status: "not_configured",
      configuration_error: this.#error,
    };
  }

  /** Takes what a look-up of the workspace says of the card that is shown there. */
  found(found: LookUp): void {
    if (found.found !== "yes") return;
    const card: unknown = found.workspace.agent_card;
    if (Object.hasOwn(Object(card), "configuration_status")) {
      this.#shown = undefined; // of a process before this one
    }
  }

  /** Asks the back end before the first message, and tells the operator what it lacks. */
  async checkAtStart(signal: AbortSignal): Promise<void> {
    const { backend, log } = this.#options;
    try {
      const found = await this.#ask(signal);
      if (found.ready) return;
      this.#isItsWord = true;
      this.#set(sentence(`${found.reason}; ${found.remedy}`));
      log.warn(`The back end "${backend.name}" cannot work: ${found.reason}`, {
        remedy: found.remedy,
      });
    } catch (error) {
      signal.throwIfAborted();
      log.warn(`Cannot tell whether the back end "${backend.name}" can work`, {
        error: reason(error),
      });
    }
  }

  async #ask(signal: AbortSignal): Promise<Readiness> {
    const { backend } = this.#options;
    if (backend.check === undefined) return { ready: true };
    const limit = AbortSignal.any([signal, AbortSignal.timeout(CHECK_MS)]);
    return await inTime(backend.check(limit), limit);
  }

  /** A turn failed. Its error's own message may quote what was asked, so it is told to nobody. */
  failed(error: unknown): void {
    const isOurs = error instanceof BackendError &&
      error.failure === "not_ready" && this.#error === "";
    if (!isOurs) return;
    this.#isItsWord = false;
    this.#checkAt = 0;
    this.#set(
      error.publicText || sentence(error.hint ?? "please tell its operator"),
    );
    this.#options.log.warn("The agent card says that the back end cannot work");
  }

  /** A turn gave an answer. */
  worked(): void {
    if (this.#error === "") return;
    this.#options.log.info("The back end works again; the agent card says so");
    this.#set("");
  }

  #set(error: string): void {
    const { redact, home } = this.#options;
    this.#error = publicWords(redact(error), home);
    this.#changed.ring();
    this.#listener();
  }

  /** Tells the platform what changed, and asks a back end that cannot work now and then, until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { timing, log } = this.#options;
    const backoff = new Backoff(timing.backoffBaseMs, timing.backoffCapMs);
    let showAt = 0;
    while (!signal.aborted) {
      try {
        if (performance.now() >= showAt) {
          await this.#show(signal);
          backoff.reset();
        }
      } catch (error) {
        if (signal.aborted) return;
        const isRefusal = error instanceof PermanentError ||
          error instanceof TransientError;
        if (!isRefusal) throw error;
        if (backoff.failures === 0) {
          log.warn("The agent card cannot be changed; trying on", {
            error: reason(error),
          });
        }
        showAt = performance.now() + backoff.next(
          error instanceof TransientError ? error.retryAfterMs : undefined,
        );
      }
      // Heartbeats and answers tell it too, so a card that is refused keeps no back end from being asked.
      await this.#recheck(signal);
      const nextAt = Math.min(
        this.#shown === this.#error ? Infinity : showAt,
        this.#error === "" ? Infinity : this.#checkAt,
      );
      const waitMs = nextAt - performance.now();
      if (waitMs > 0) await this.#changed.wait(signal, waitMs).catch(() => {}); // the loop's condition sees an abort
    }
  }

  /** Shows the card, where the page shows another one. */
  async #show(signal: AbortSignal): Promise<void> {
    const error = this.#error;
    if (this.#shown === error) return;
    await this.#options.client.updateCard(this.card(), signal);
    this.#shown = error;
  }

  /**
   * Asks a back end that cannot work whether it can. One that said that it could when a turn found that it cannot does not
   * see what is wrong, so only a turn that goes well shows that it is mended.
   */
  async #recheck(signal: AbortSignal): Promise<void> {
    if (this.#error === "" || performance.now() < this.#checkAt) return;
    let found: Readiness;
    try {
      found = await this.#ask(signal);
    } catch {
      return; // it cannot tell
    } finally {
      this.#checkAt = performance.now() + this.#options.timing.recheckEveryMs;
    }
    if (!found.ready) this.#isItsWord = true;
    else if (this.#isItsWord) this.worked();
  }
}

/** One sentence, for people and the card alike. */
function sentence(what: string): string {
  return `This agent is not set up: ${what.trim().replace(/[;.\s]+$/, "")}.`;
}
