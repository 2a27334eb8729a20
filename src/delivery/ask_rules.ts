/** The operator's rules about who may ask, and how often. What they refuse is no dead letter: it was not wanted. */
import type { Origin } from "../backends/backend.ts";
import type { Logger } from "../log.ts";
import { putNewest } from "../put_newest.ts";
import { shortId } from "../short_id.ts";
import { canonicalId } from "../uuid.ts";
import type { Delivery } from "./delivery.ts";
import type { Exchanges } from "./exchanges.ts";

/** Why a message is refused, as events say it. */
export type Refusal = "not_allowed" | "exchange_cap";

/** A sender's refusals are logged this often. */
const TELL_EVERY_MS = 60_000;
/** Of so many senders it is known when their refusal was last logged. */
const MAX_TOLD = 1_000;

/** What the rules need. */
export interface AskRulesOptions {
  /** The workspaces that may ask; undefined for all. */
  readonly allowPeers: readonly string[] | undefined;
  /** Where messages may come from; undefined for everywhere. */
  readonly allowOrigins: readonly Origin[] | undefined;
  readonly exchanges: Exchanges;
  readonly log: Logger;
}

/** Decides about each message before it is dispatched. */
export class AskRules {
  readonly #options: AskRulesOptions;
  readonly #peers: ReadonlySet<string> | undefined;
  /** When a sender's refusal was last logged, by `performance.now()`. */
  #told = new Map<string, number>();

  /** Nothing was refused yet. */
  constructor(options: AskRulesOptions) {
    this.#options = options;
    this.#peers = options.allowPeers === undefined
      ? undefined
      : new Set(options.allowPeers.map(canonicalId));
  }

  /** Why `delivery` is refused; undefined where it is not. It counts as an exchange then, where it is one. */
  refusal(delivery: Delivery): Refusal | undefined {
    const { origin, callerId } = delivery.message;
    if (!this.#isAllowed(origin, callerId)) {
      this.#tell(delivery);
      return "not_allowed";
    }
    return origin === "peer" && this.#isTooMuch(delivery)
      ? "exchange_cap"
      : undefined;
  }

  #isAllowed(origin: Origin, callerId: string): boolean {
    const { allowOrigins } = this.#options;
    if (allowOrigins !== undefined && !allowOrigins.includes(origin)) {
      return false;
    }
    return origin !== "peer" || this.#peers === undefined ||
      this.#peers.has(canonicalId(callerId));
  }

  #tell({ message: { origin, callerId, activityId } }: Delivery): void {
    const sender = `${origin} ${callerId}`;
    const now = performance.now();
    if (now - (this.#told.get(sender) ?? -Infinity) < TELL_EVERY_MS) return;
    putNewest(this.#told, sender, now, MAX_TOLD);
    this.#options.log.info(
      "A message was refused: its sender may not ask (--allow-peer, --allow-origin)",
      {
        row: shortId(activityId),
        origin,
        ...(callerId === "" ? {} : { peer: shortId(callerId) }),
      },
    );
  }

  #isTooMuch({ lane, timeMs, message }: Delivery): boolean {
    const { exchanges, log } = this.#options;
    const exchange = exchanges.message(lane, timeMs);
    if (exchange === "goes on") return false;
    if (exchange === "is too much, for the first time") {
      log.warn(
        "A peer and this agent answer each other without end; its messages there are skipped for a while",
        {
          row: shortId(message.activityId),
          peer: shortId(message.callerId),
          hint:
            "raise --max-exchanges, or 0 for no limit, where this is wanted",
        },
      );
    }
    return true;
  }
}
