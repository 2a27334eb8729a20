/** What `claude` finds on its stdin for a message. */
import type { InboundMessage, Origin } from "./backend.ts";

/** Longest id that is shown, in characters. */
const MAX_ID_CHARS = 100;

const SENDERS: Readonly<Record<Origin, string>> = {
  peer: "another workspace",
  canvas: "a person in the web chat",
  channel: "an outside chat channel",
};

/** An id without anything that could end the header line, close its bracket or mention a file. */
function plainId(id: string): string {
  return id.replace(/[^A-Za-z0-9_.:-]/g, "").slice(0, MAX_ID_CHARS);
}

/**
 * One line that says where the message comes from. It always stands first: a text at the very beginning that starts
 * with a slash would be a command to claude itself.
 */
export function headerLine(message: InboundMessage): string {
  const id = plainId(message.callerId);
  const sender = SENDERS[message.origin];
  return `[Message from ${sender}${id === "" ? "" : `, id ${id}`}]`;
}

/** Header line, blank line, text. A message without text is described by the kinds of its parts. */
export function claudePrompt(message: InboundMessage): string {
  const kinds = message.parts.map((part) => part.kind).join(", ");
  const text = message.text.trim() === ""
    ? `(The message has no text. Its parts: ${kinds === "" ? "none" : kinds}.)`
    : message.text;
  return `${headerLine(message)}\n\n${text}`;
}
