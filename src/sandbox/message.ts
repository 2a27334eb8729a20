/**
 * Messages as tests send them and find them.
 *
 * @module
 */

import type { Generation } from "./envelope.ts";

/** A part in any of the shapes that clients send. */
export type AnyPart = Readonly<Record<string, unknown>>;

/** What a message says: a text, or its parts. */
export type MessageContent = string | readonly AnyPart[];

/** What else a message carries. */
export interface MessageOptions {
  /** The conversation. Default: `canvas-<workspace>` for a person, none for a peer. */
  readonly contextId?: string | undefined;
  /** Default: a fresh UUID. */
  readonly messageId?: string | undefined;
  /** The message's own metadata. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** Further keys of the message, such as `taskId`. */
  readonly extra?: Readonly<Record<string, unknown>> | undefined;
  /** The row's time, RFC 3339; an earlier one makes a row that is shown late. Default: now. */
  readonly createdAt?: string | undefined;
  /**
   * Whose web chat a person uses; the older one adds neither contextId nor metadata.
   *
   * @default {"2026-08-14"}
   */
  readonly generation?: Generation | undefined;
  /** The last bubbles, as the older web chat sends them along; `[]` right after the person began a new session. */
  readonly history?: readonly HistoryBubble[] | undefined;
}

/** A bubble as the older web chat sends it along with a message. */
export interface HistoryBubble {
  /** Who said it. */
  readonly role: "user" | "agent";
  /** What it says. */
  readonly text: string;
}

/** A bubble of the chat as a person sees it after a reload. */
export interface Bubble {
  /** Whose it is. */
  readonly role: "user" | "agent";
  /** Its text. */
  readonly text: string;
  /** Its files; empty for none. */
  readonly attachments: readonly Readonly<Record<string, unknown>>[];
}

/** A message that reached a workspace. */
export interface ReceivedMessage {
  /** The row's id. */
  readonly rowId: string;
  /** Who sent it; null for a person. */
  readonly sourceId: string | null;
  /** Its messageId. */
  readonly messageId: string;
  /** Its contextId, or "". */
  readonly contextId: string;
  /** Its text parts, joined with line breaks. */
  readonly text: string;
  /** Its own metadata. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** The whole `params.message`. */
  readonly message: Readonly<Record<string, unknown>>;
}

/** A message that a workspace sent to an outside chat channel. */
export interface ChannelMessage {
  /** The channel. */
  readonly channelId: string;
  /** What it says. */
  readonly text: string;
}

/** An outside chat channel, and what a message from it carries. */
export interface ChannelOptions extends MessageOptions {
  /**
   * What kind of channel it is.
   *
   * @default {"telegram"}
   */
  readonly source?: string | undefined;
  /** Its id, by which it can be answered; absent: it has no way back. */
  readonly channelId?: string | undefined;
}

/** `value` as an object, or undefined where it is none. */
export function asObject(
  value: unknown,
): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Record<string, unknown>
    : undefined;
}

/** `value` as a string, or "" where it is none. */
export function asString(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The `params.message` of an envelope. */
export function messageOf(
  envelope: Readonly<Record<string, unknown>>,
): Record<string, unknown> | undefined {
  return asObject(asObject(envelope.params)?.message);
}

/** The text parts of a message, joined with line breaks. */
export function textOf(message: Readonly<Record<string, unknown>>): string {
  const parts = Array.isArray(message.parts) ? message.parts : [];
  return parts
    .map((part) => asObject(part)?.text)
    .filter((text) => typeof text === "string")
    .join("\n");
}

/** The files among a message's parts, as they are described there. */
export function filesOf(parts: unknown): Record<string, unknown>[] {
  const list: unknown[] = Array.isArray(parts) ? parts : [];
  return list.map((part) => asObject(asObject(part)?.file))
    .filter((file) => file !== undefined);
}

/** The `message/send` envelope of some content. */
export function envelopeOf(
  content: MessageContent,
  options: MessageOptions,
): Record<string, unknown> {
  const parts = typeof content === "string"
    ? [{ kind: "text", text: content }]
    : content;
  return {
    jsonrpc: "2.0",
    id: crypto.randomUUID(),
    method: "message/send",
    params: {
      ...(options.history === undefined
        ? {}
        : { metadata: { history: options.history.map(historyEntry) } }),
      message: {
        role: "user",
        messageId: options.messageId ?? crypto.randomUUID(),
        ...(options.contextId === undefined
          ? {}
          : { contextId: options.contextId }),
        parts,
        ...(options.metadata === undefined
          ? {}
          : { metadata: options.metadata }),
        ...options.extra,
      },
    },
  };
}

function historyEntry({ role, text }: HistoryBubble): Record<string, unknown> {
  return { role, parts: [{ kind: "text", text }] };
}
