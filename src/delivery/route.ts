/** How an answer gets to whoever asked. */
import type { Part } from "../a2a/part.ts";
import type { OutboxEntry } from "../state/state.ts";
import type { Outcome } from "./attempt.ts";

/** An attempt of unknown outcome, as the state keeps it. */
export type Unsure = NonNullable<OutboxEntry["unsure"]>;

/** What is known of an attempt of unknown outcome. */
export type Settled =
  /** It arrived. */
  | "arrived"
  /** Nobody can know; a repeat could be a second message. */
  | "perhaps"
  /** It did not arrive, or a repeat does no harm. */
  | "repeat"
  /** It cannot be told now. */
  | "ask later";

/** One step of an answer: to the peer, or to the person. */
export interface Route {
  /** How long to wait before an answer may be sent, in milliseconds; 0 for not at all. */
  waitMs(entry: OutboxEntry, parts: readonly Part[]): number;
  /** Whether an attempt is marked, durably, before it is made, so that a crash in it does not repeat it blindly. */
  marks(entry: OutboxEntry): boolean;
  /** Makes one attempt; `begin` is done right before it is sent, when it need not wait for the platform any more. */
  send(
    entry: OutboxEntry,
    parts: readonly Part[],
    signal: AbortSignal,
    begin: () => Promise<void>,
  ): Promise<Outcome>;
  /** Finds out what became of an attempt; how long that has to wait first, in milliseconds. */
  settleAfterMs(entry: OutboxEntry): number;
  /** Finds out what became of an attempt. */
  settle(
    entry: OutboxEntry,
    unsure: Unsure,
    parts: readonly Part[],
    signal: AbortSignal,
  ): Promise<Settled>;
  /** What became of the answer is known, one way or the other. */
  over(entry: OutboxEntry, parts: readonly Part[]): void;
  /** Takes note, at a start, of an attempt that the process before this one made. */
  remember(entry: OutboxEntry, parts: readonly Part[]): void;
}
