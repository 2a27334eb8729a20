/** What posting needs from outside. */
import type { ConnectEvent } from "../connection.ts";
import type { Logger } from "../log.ts";
import type { Journal } from "../state/journal.ts";
import type { OutboxStep } from "../state/state.ts";
import type { Timing } from "../timing.ts";
import type { DeadLetters } from "./dead_letters.ts";
import type { PeerModes } from "./peer_modes.ts";
import type { Route } from "./route.ts";

/** What posting needs. */
export interface PostingOptions {
  readonly workspaceId: string;
  readonly journal: Journal;
  readonly deadLetters: DeadLetters;
  readonly routes: Readonly<Record<OutboxStep, Route>>;
  readonly modes: PeerModes;
  readonly timing: Timing;
  readonly log: Logger;
  readonly emit: (event: ConnectEvent) => void;
  readonly platformNow: () => number;
  /** The same, and surely not more. */
  readonly platformNowAtLeast: () => number;
  /** Whether the feed reads well: a refusal only counts while the platform is in its senses. */
  readonly feedIsGood: () => boolean;
  /** An answer left the outbox. */
  readonly onRemoved: () => void;
  /** Ends requests that send something. */
  readonly cut: AbortSignal;
  /** Ends requests that only ask, which a stop does not wait for. */
  readonly asking: AbortSignal;
}
