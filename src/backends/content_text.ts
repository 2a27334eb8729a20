/** What a message says, as one text. */
import type { InboundMessage } from "./backend.ts";

/**
 * The text, then each data part as JSON, with blank lines between them; empty where there is neither. The JSON is not
 * indented: of what is nested deeply a sender could make gigabytes of blanks.
 */
export function contentText(message: InboundMessage): string {
  const data = message.parts.flatMap((part) =>
    part.kind === "data" ? [JSON.stringify(part.data) ?? "null"] : []
  );
  const text = message.text.trim() === "" ? [] : [message.text];
  return [...text, ...data].join("\n\n");
}
