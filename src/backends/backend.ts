/**
 * What a back end is: something that gets a message and gives an answer.
 *
 * @module
 */
import type { Metadata, Part } from "../a2a/part.ts";
import type { Logger } from "../log.ts";

/** Where a message comes from: another workspace, the person in the web chat, an outside chat channel. */
export type Origin = "peer" | "canvas" | "channel";

/** A message as it came out of the feed, lossless. Everything in it was written by a stranger. */
export interface InboundMessage {
  /** The workspace that this connection serves. */
  readonly workspaceId: string;
  /** Id of the workspace that sent it; empty for a person. */
  readonly callerId: string;
  /** Name of the workspace that sent it, where the platform told it; empty otherwise. */
  readonly callerName: string;
  /** The sender's id of the message; empty where there is none. */
  readonly messageId: string;
  /** The conversation; empty where there is none. */
  readonly contextId: string;
  /** The A2A task; empty where there is none. */
  readonly taskId: string;
  /** The JSON-RPC method, `message/send`. */
  readonly method: string;
  /** Where it comes from. */
  readonly origin: Origin;
  /** Its parts in order. */
  readonly parts: readonly Part[];
  /** Its text parts, joined by newlines. */
  readonly text: string;
  /** The metadata of the message itself. */
  readonly metadata: Metadata;
  /** Id of the row of the feed. */
  readonly activityId: string;
  /** Time of that row as the platform wrote it (RFC 3339); empty where there is none. */
  readonly createdAt: string;
  /** The row's request body, verbatim. */
  readonly raw: unknown;
}

/** A file that came with a message and lies on this machine. */
export interface InboundFile {
  /** Absolute path. */
  readonly path: string;
  /** A safe name to show. */
  readonly name: string;
  /** Its MIME type, or an empty string. */
  readonly mimeType: string;
  /** Its size in bytes. */
  readonly size: number;
}

/** A file that came with a message and could not be had. */
export interface UnavailableFile {
  /** A safe name to show. */
  readonly name: string;
  /** Why, in fixed words, such as `expired`, `too large`, `not allowed` or `could not be fetched`. */
  readonly reason: string;
}

/** The session of a conversation: what one sender and the back end have said to each other so far. */
export interface Session {
  /** A UUID of version 5: the same one for the same workspace, verified sender, conversation and epoch. */
  readonly id: string;
  /** Whether no message of this session was answered yet, by this process or one before it. */
  readonly fresh: boolean;
  /** What the back end kept for this session last, also before a restart; undefined where there is nothing. */
  readonly kept: string | undefined;
  /**
   * Keeps `text` for the next turns of this session, in place of what was kept. It is written before this resolves, and
   * lies where no agent works.
   *
   * @throws {RangeError} if it is longer than 256 KiB.
   */
  keep(text: string): Promise<void>;
}

/** A bubble of the person's chat, as the platform sent it with a message. */
export interface HistoryEntry {
  /** Who said it: the person, or this agent. */
  readonly role: "user" | "agent";
  /** What was said, cleaned. */
  readonly text: string;
}

/** A process of a back end as the core keeps it. Dispose it when the process has ended. */
export interface StartedChild extends Disposable {
  /** Resolves when a start after a crash would find the process; it never rejects. */
  readonly saved: Promise<void>;
}

/** What the core gives a back end beside the message. */
export interface BackendContext {
  /** Aborts at the time-out and at a stop. A turn that ignores it is abandoned. */
  readonly signal: AbortSignal;
  /** Log lines that carry the message's id. */
  readonly log: Logger;
  /** 1 at first, then one more each time that the message is run again. */
  readonly attempt: number;
  /**
   * Whether an earlier run of this message began and gave no answer: it failed, or was cut. Its question may stand in an
   * agent's memory already.
   */
  readonly again: boolean;
  /**
   * A UUID of this run of the turn. Processes that are to end with the turn carry it in their environment, as
   * `MOLECULE_TURN`: on Linux what a crash or a failed turn leaves of them is found by it, and ended.
   */
  readonly turnId: string;
  /** The session of the message's conversation. Turns of one session follow each other. */
  readonly session: Session;
  /**
   * What stood in the person's chat before the message, oldest first, where the platform sent it; empty otherwise, and for
   * other senders always. A back end with a memory of its own has no use for it, and no prompt is made of it.
   */
  readonly history: readonly HistoryEntry[];
  /** Files that came with the message, where the back end accepts files. They lie outside `workDir`. */
  readonly files: readonly InboundFile[];
  /** Those of them that could not be had. */
  readonly unavailableFiles: readonly UnavailableFile[];
  /** A directory of this workspace's own to work in. */
  readonly workDir: string;
  /** A directory of this run's own: regular files that are left in it go with the answer. */
  readonly outboxDir: string;
  /**
   * Tells that a process was started, at best one that leads a group of its own. It is kept with its start time, and
   * what a crash leaves of it is ended at the next start, with its group. A process that may live longer than the turn is
   * told here too, but does not carry `turnId`.
   *
   * @throws {RangeError} if `pid` is none that may be signalled.
   */
  childStarted(pid: number): StartedChild;
  /**
   * Tells what the turn is doing. It stands in heartbeats as one line of at most 60 characters, and a person who waits
   * reads it beside the chat, in at most 200, a line in two seconds. Everybody who may see the workspace may read it: fixed words and names of tools, such as `Using Bash`, never what a tool was given, nor
   * anything else that may quote a message.
   */
  progress(text: string): void;
}

/** Tokens that a turn cost. */
export interface Usage {
  /** Tokens read. */
  readonly inputTokens?: number;
  /** Tokens written. */
  readonly outputTokens?: number;
}

/**
 * What a back end answers. No parts: there is nothing to say, and nothing is sent.
 *
 * A file is sent by leaving it in `outboxDir`. A file part gives it its place in the answer, or another name: its `uri` is
 * the file's path, absolute or relative to `outboxDir`, or a `file:` address. Of one that leads elsewhere only the name is
 * sent. A file that is not on the disk goes as `bytes`; a `uri` of another scheme, such as `https:`, goes as it is.
 */
export interface Reply {
  /** The answer's parts in order. */
  readonly parts: readonly Part[];
  /** Metadata for the answer's message. */
  readonly metadata?: Metadata;
  /** What the turn cost. */
  readonly usage?: Usage;
}

/** Whether a back end can work. */
export type Readiness =
  | { readonly ready: true }
  | {
    readonly ready: false;
    /** What is missing. */
    readonly reason: string;
    /** What to do about it. */
    readonly remedy: string;
  };

/** Answers messages. Any object with a `name` and a `handle` is one. */
export interface Backend {
  /** A word for logs. */
  readonly name: string;
  /** What it can take besides text. */
  readonly accepts?: { readonly files?: boolean };
  /** Values that no log line, error, heartbeat or answer may show, such as the key of an API. */
  readonly secrets?: readonly string[];
  /**
   * Answers one message. It throws a `BackendError` to say what its failure means; anything else that it throws
   * counts as an attempt and is run again.
   */
  handle(message: InboundMessage, context: BackendContext): Promise<Reply>;
  /** Tells before the first message whether the back end can work; `ready` where it cannot tell. */
  check?(signal: AbortSignal): Promise<Readiness>;
  /** Frees what the back end holds. Called once, after the last turn. */
  close?(): Promise<void> | void;
}

/** Options of a back end as the command line gives them: `--backend-opt KEY=VALUE`. */
export type BackendOptions = Readonly<Record<string, string>>;

/**
 * Makes a back end of its options.
 *
 * @throws {UsageError} if an option is unknown, missing or malformed.
 */
export type BackendFactory = (options: BackendOptions) => Backend;

/**
 * A reply of one text part; of none where `text` is empty.
 *
 * @example
 * ```ts
 * import { textReply } from "@molecule/connect";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(textReply("hello").parts, [{ kind: "text", text: "hello" }]);
 * assertEquals(textReply("").parts, []);
 * ```
 */
export function textReply(text: string): Reply {
  return { parts: text === "" ? [] : [{ kind: "text", text }] };
}
