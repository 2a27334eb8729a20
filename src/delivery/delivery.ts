/** One inbound message on its way to the back end. */
import { createHash } from "node:crypto";
import type { InboundMessage } from "../backends/backend.ts";
import type { MessageFields } from "../connection.ts";
import type { Work } from "../feed/classify.ts";
import type { ActivityRow, RowTime } from "../platform/row.ts";
import { channelKey, channelOf } from "./channel.ts";
import { derivedId } from "./ids.ts";

/** Which try of an operator's it is. */
export interface Retry {
  /** 1 for the first time that the row was taken out of the dead letters, then one more each time. */
  readonly n: number;
  /** Id of the letter that it was taken out of. */
  readonly letter: string;
}

/** A message that is to be handled. */
export interface Delivery {
  /** What it is known by: the row's id or, for a retry, one of its own. The row's id is `message.activityId`. */
  readonly id: string;
  /** Absent for what came out of the feed. */
  readonly retry?: Retry;
  /** The row's time, in ms since 1970; 0 where it cannot be read. */
  readonly timeMs: number;
  /** When it was written, as exactly as the row says. */
  readonly time: RowTime;
  /** (source, messageId), under which the same message may come as another row; empty for none. */
  readonly key: string;
  /** Its conversation: messages of one are handled one after the other. */
  readonly lane: string;
  /** About how much memory it holds. */
  readonly bytes: number;
  /** The message. */
  readonly message: InboundMessage;
  /** The whole row, for the dead letters. */
  readonly row: unknown;
}

/** A short name for a few texts that strangers chose: they may be megabytes, and it is kept. */
function digest(texts: readonly (string | null)[]): string {
  return createHash("sha256").update(JSON.stringify(texts)).digest("base64url");
}

/** (source, messageId) of a row; empty where it has no id of the sender's, or is no `message/send`. */
export function dedupeKey(row: ActivityRow, messageId: string): string {
  return messageId === "" || row.method !== "message/send"
    ? ""
    : digest([row.sourceId, messageId]);
}

/** What events say of a delivery. */
export function who(delivery: Delivery): MessageFields {
  const { activityId, origin, callerId } = delivery.message;
  return { activityId, origin, callerId };
}

/** Makes a delivery of a row that is work. */
export function delivery(
  workspaceId: string,
  row: ActivityRow,
  work: Work,
  bytes: number,
  retry?: Retry,
): Delivery {
  const { origin, message } = work;
  const callerId = row.sourceId ?? "";
  const sender = origin === "channel"
    ? channelKey(channelOf(row.requestBody))
    : callerId;
  return {
    ...(retry === undefined
      ? { id: row.id }
      : { id: derivedId(workspaceId, row.id, "retry", retry.n), retry }),
    timeMs: row.micros === undefined ? 0 : Math.floor(row.micros / 1_000),
    time: { micros: row.micros, seq: row.seq },
    // The row's own is remembered already.
    key: retry === undefined ? dedupeKey(row, message.messageId) : "",
    // The sender is part of it: the contextId alone is chosen by whoever writes.
    lane: digest([origin, sender, message.contextId]),
    bytes,
    message: {
      workspaceId,
      callerId,
      callerName: row.peerName,
      messageId: message.messageId,
      contextId: message.contextId,
      taskId: message.taskId,
      method: row.method || "message/send",
      origin,
      parts: message.parts,
      text: message.text,
      metadata: message.metadata,
      activityId: row.id,
      createdAt: row.createdAt,
      raw: row.requestBody,
    },
    row: row.raw,
  };
}
