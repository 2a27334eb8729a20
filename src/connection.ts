/**
 * What `connect()` gives back, and what it tells on the way.
 *
 * @module
 */
import type { Origin } from "./backends/backend.ts";

/** Where a connection is in its life. */
export type ConnectionState = "connected" | "closing" | "closed";

/** How a loop is doing. */
export interface LoopHealth {
  /** Whether it goes on. A heartbeat that was refused for good stops; reading goes on all the same. */
  readonly running: boolean;
  /** When it last got a good answer, in milliseconds since 1970; undefined before the first. */
  readonly lastGoodAt: number | undefined;
  /** How many tries failed since then. */
  readonly failures: number;
  /** What the last failure was; undefined while all is well. */
  readonly lastError: string | undefined;
}

/** Numbers since the connection began. */
export interface ConnectionCounters {
  /** Messages that reached the back end or wait for it. */
  readonly messages: number;
  /** Turns of the back end that ended well. */
  readonly answered: number;
  /** Turns of the back end that failed. */
  readonly failedTurns: number;
  /** Replies that the platform took. */
  readonly delivered: number;
  /** Messages that a Stop of their sender ended. */
  readonly stopped: number;
  /** Rows that are no work (the connector's own, notices, other methods), and messages that are refused. */
  readonly skipped: number;
  /** Of those, messages of senders that the operator does not allow. */
  readonly notAllowed: number;
  /** Of those, messages beyond what may be exchanged with a peer within an hour. */
  readonly exchangeCap: number;
  /** Messages and replies that went to the dead letters. */
  readonly deadLetters: number;
}

/** A snapshot of a connection. */
export interface ConnectionStatus {
  /** Where it is in its life. */
  readonly state: ConnectionState;
  /** Id of the last row of the finished prefix; empty before the first. */
  readonly cursor: string;
  /** Turns that run now. */
  readonly activeTurns: number;
  /** Messages that wait for a turn. */
  readonly waiting: number;
  /** Replies that wait for the platform. */
  readonly unsent: number;
  /** Numbers since the connection began. */
  readonly counters: ConnectionCounters;
  /** The heartbeat loop. */
  readonly heartbeat: LoopHealth;
  /** The poll loop. */
  readonly poll: LoopHealth;
}

/** A connection of one workspace. */
export interface Connection extends AsyncDisposable {
  /** The workspace. */
  readonly workspaceId: string;
  /** A snapshot of how it is doing. */
  readonly status: ConnectionStatus;
  /** Resolves when everything has ended: with undefined after a clean stop, else with the reason. Never rejects. */
  readonly closed: Promise<Error | undefined>;
  /**
   * Stops: no new work, running turns finish within the grace time, unsent replies get one attempt each, state is
   * saved. Safe to call again, also while it runs; a later call with a shorter `graceMs` shortens the wait.
   */
  close(options?: { readonly graceMs?: number }): Promise<void>;
}

/** Which message an event is about. */
export interface MessageFields {
  /** Id of the row of the feed. */
  readonly activityId: string;
  /** Where the message comes from. */
  readonly origin: Origin;
  /** Id of the workspace that sent it; empty for a person. */
  readonly callerId: string;
}

/** Something that happened. `--json` prints the same objects, one a line, each behind its `time`. */
export type ConnectEvent =
  /** The platform took the registration. `tokenMinted`: it gave a token, which is kept and used from now on. */
  | {
    readonly type: "registered";
    readonly workspaceId: string;
    readonly tokenMinted: boolean;
  }
  /** The platform took a heartbeat. */
  | { readonly type: "heartbeat"; readonly activeTasks: number }
  /** Heartbeats were refused for good; reading goes on. */
  | { readonly type: "heartbeat_stopped"; readonly reason: string }
  /** Heartbeats go on after a new registration. */
  | { readonly type: "heartbeat_resumed" }
  /** Reading the feed began to fail. */
  | { readonly type: "poll_failed"; readonly reason: string }
  /** Reading the feed works again. */
  | { readonly type: "poll_recovered" }
  /** The platform no longer knows the cursor: a bounded window is read instead. */
  | { readonly type: "cursor_reset" }
  /** A file of the state was damaged; it was moved to `movedTo`, an empty text where it was missing. */
  | {
    readonly type: "state_damaged";
    readonly movedTo: string;
    readonly reason: string;
  }
  /** A message came that the back end will get. */
  | { readonly type: "message" } & MessageFields & {
    readonly messageId: string;
    readonly text: string;
  }
  /**
   * A row is no work, and `reason` says which kind; or it is a message that a rule refuses: `not_allowed` (who may ask) or
   * `exchange_cap` (how often a peer may answer our answers).
   */
  | {
    readonly type: "skipped";
    readonly activityId: string;
    readonly reason: string;
  }
  /** The back end got a message. */
  | { readonly type: "turn_started" } & MessageFields & {
    readonly attempt: number;
  }
  /**
   * The back end failed; `final`: it will not be asked again about this message. `hint`: what to do about it. `pausedMs`:
   * it is overloaded or out of quota, this counts as no attempt, and nobody's message is handled for so long.
   */
  | { readonly type: "turn_failed" } & MessageFields & {
    readonly attempt: number;
    readonly final: boolean;
    readonly reason: string;
    readonly hint?: string;
    readonly pausedMs?: number;
  }
  /** The back end answered, and the answer is saved; empty `text`: it had nothing to say. */
  | { readonly type: "answered" } & MessageFields & {
    readonly text: string;
    readonly durationMs: number;
  }
  /** Somebody pressed Stop, which is the row `activityId`; it ended so many messages that ran or waited. */
  | {
    readonly type: "stopped";
    readonly activityId: string;
    readonly turns: number;
  }
  /** A message is over because its sender stopped it: it is not answered, and the back end is not asked again. */
  | { readonly type: "turn_stopped" } & MessageFields
  /**
   * The platform took the answer. `certain`: false where the outcome is unknown and a repeat would be a new turn.
   * `failure`: true where it told that the message was given up, `wait`: true where it told that the message waits; else
   * absent.
   */
  | { readonly type: "delivered" } & MessageFields & {
    readonly certain: boolean;
    readonly failure?: true;
    readonly wait?: true;
  }
  /** A message or an answer was given up and stands in the dead letters, where `letter` is its id. */
  | { readonly type: "dead_letter" } & MessageFields & {
    readonly reason: string;
    readonly letter: string;
  }
  /** A dead letter was taken in to be tried again, for the `retry`-th time; `letter` is its id. */
  | { readonly type: "retried" } & MessageFields & {
    readonly letter: string;
    readonly retry: number;
  }
  /** The saved cursor moved. */
  | { readonly type: "cursor"; readonly cursor: string }
  /** Everything has ended; no `reason` after a clean stop. */
  | { readonly type: "closed"; readonly reason?: string };
