/** What a row of the feed is, and so what becomes of it. The order of the rules matters: see each one. */
import { type ParsedMessage, parseMessage } from "../a2a/message.ts";
import type { Origin } from "../backends/backend.ts";
import type { ActivityRow } from "../platform/row.ts";

/** A message for the back end. */
export interface Work {
  /** Who gets the answer. */
  readonly action: "dispatch_peer" | "dispatch_user" | "dispatch_channel";
  /** Where it comes from. */
  readonly origin: Origin;
  /** The message. */
  readonly message: ParsedMessage;
}

/** A row that no back end sees. */
export interface NoWork {
  /** Why; `stop` is the button in a person's chat, which names no message. */
  readonly action:
    | "stop"
    | "skip_own_notify"
    | "index_upload"
    | "skip_own_upload"
    | "delegation_result"
    | "skip_self"
    | "skip_method"
    | "skip_answered"
    | "skip_error"
    | "platform_wake"
    | "platform_notice"
    | "skip_empty"
    | "peer_reply";
  /** Whether the platform takes the turn that runs for stalled, and wants a sign of life. */
  readonly asksForLife?: true;
  /** The messageId or taskId of a message of its own that a peer takes back, on a row that is no work otherwise. */
  readonly cancels?: string;
}

/** What the rules need to know of this connector. */
export interface OwnIds {
  /** The workspace. */
  readonly workspaceId: string;
  /** Whether a file is one that we uploaded for an answer. */
  isOwnUpload(fileId: string): boolean;
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

/** The platform's queue stamps this on rows a moment after insertion; it does not mean answered. */
function isQueuedStamp(body: unknown): boolean {
  return member(body, "status") === "queued" &&
    member(body, "delivery_mode") === "poll";
}

const STALL_PREFIX = "stall-probe-";
const WAKE_PREFIXES = ["inbox-nudge-", STALL_PREFIX];
const NOTICE_PREFIXES = ["request-responded:", "request-message:", "cron-"];
const startsWithAny = (text: string, prefixes: readonly string[]) =>
  prefixes.some((prefix) => text.startsWith(prefix));

function sourceTypes(message: ParsedMessage): readonly unknown[] {
  return [message.requestMetadata.source_type, message.metadata.source_type];
}

function isStallProbe(message: ParsedMessage): boolean {
  return sourceTypes(message).includes("self-stall") ||
    message.messageId.startsWith(STALL_PREFIX);
}

/** Messages with source null that the platform wrote, not a person; older servers mark them by the id alone. */
function isPlatformWake(message: ParsedMessage): boolean {
  return sourceTypes(message).some((type) =>
    typeof type === "string" && type.startsWith("self-")
  ) ||
    startsWithAny(message.messageId, WAKE_PREFIXES);
}

/** An answer, by its own word: answering it would begin a ping-pong that never ends. */
function isAnswer(message: ParsedMessage): boolean {
  const { reply, in_reply_to: inReplyTo } = message.metadata;
  return reply === true || (typeof inReplyTo === "string" && inReplyTo !== "");
}

/** Decides what a row is. */
export function classify(
  row: ActivityRow,
  own: OwnIds,
): Work | NoWork {
  // Source null and no request: ours, or another tool's, to the person.
  if (row.method === "notify") return { action: "skip_own_notify" };
  if (row.method === "chat_upload_receive" && row.sourceId === null) {
    const fileId = member(row.requestBody, "file_id");
    return {
      action: typeof fileId === "string" && own.isOwnUpload(fileId)
        ? "skip_own_upload"
        : "index_upload",
    };
  }
  if (row.sourceId === own.workspaceId) {
    // The source decides, not the method alone: a peer may send any method name.
    return {
      action: row.method === "delegate_result"
        ? "delegation_result"
        : "skip_self",
    };
  }
  if (row.method === "tasks/cancel") {
    if (row.sourceId === null) return { action: "stop" };
    const id = member(member(row.requestBody, "params"), "id");
    if (typeof id === "string" && id !== "") {
      return { action: "skip_method", cancels: id };
    }
  }
  if (
    row.method !== "message/send" && row.method !== null && row.method !== ""
  ) return { action: "skip_method" };
  if (
    row.responseBody !== undefined && row.responseBody !== null &&
    !isQueuedStamp(row.responseBody)
  ) {
    return { action: "skip_answered" };
  }
  if (row.status === "error") return { action: "skip_error" };

  const message = parseMessage(row.requestBody);
  if (row.sourceId === null && isPlatformWake(message)) {
    return isStallProbe(message)
      ? { action: "platform_wake", asksForLife: true }
      : { action: "platform_wake" };
  }
  if (
    message.text.trim() === "" &&
    !message.parts.some((part) => part.kind !== "text")
  ) {
    return { action: "skip_empty" };
  }
  if (row.sourceId !== null) {
    return isAnswer(message)
      ? { action: "peer_reply" }
      : { action: "dispatch_peer", origin: "peer", message };
  }
  const source = message.requestMetadata.source;
  if (typeof source === "string" && source !== "" && source !== "canvas_user") {
    return { action: "dispatch_channel", origin: "channel", message };
  }
  if (startsWithAny(message.messageId, NOTICE_PREFIXES)) {
    return { action: "platform_notice" };
  }
  return { action: "dispatch_user", origin: "canvas", message };
}
