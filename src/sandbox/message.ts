/**
 * Messages as tests send them and find them.
 *
 * @module
 */

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
