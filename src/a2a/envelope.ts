/** The JSON-RPC envelope of a message that we send. */
import type { Metadata, Part } from "./part.ts";

/** A `message/send` request. */
export interface MessageSend {
  /** Always 2.0. */
  readonly jsonrpc: "2.0";
  /** The request's id, the same as the message's: both must be the same when it is repeated. */
  readonly id: string;
  /** Always this one. */
  readonly method: "message/send";
  /** The message. */
  readonly params: {
    readonly message: {
      readonly kind: "message";
      readonly role: "agent";
      readonly messageId: string;
      readonly contextId?: string;
      readonly taskId?: string;
      readonly parts: readonly Part[];
      readonly metadata: Metadata;
    };
  };
}

/** What goes into an envelope; empty strings are left out. */
export interface OutboundMessage {
  /** The message's id: stable, unguessable, our own. */
  readonly id: string;
  /** The conversation as the other side named it. */
  readonly contextId: string;
  /** The task as the other side named it. */
  readonly taskId: string;
  /** The parts in order. */
  readonly parts: readonly Part[];
  /** What links it to the message that it answers. */
  readonly metadata: Metadata;
}

/** Wraps a message for `POST /workspaces/:id/a2a`. */
export function messageSend(message: OutboundMessage): MessageSend {
  const { id, contextId, taskId, parts, metadata } = message;
  return {
    jsonrpc: "2.0",
    id,
    method: "message/send",
    params: {
      message: {
        kind: "message",
        role: "agent",
        messageId: id,
        ...(contextId === "" ? {} : { contextId }),
        ...(taskId === "" ? {} : { taskId }),
        parts,
        metadata,
      },
    },
  };
}
