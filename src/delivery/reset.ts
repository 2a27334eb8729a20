/** A sender's wish to begin anew: a text that the operator chose for it. */
import type { InboundMessage } from "../backends/backend.ts";

/** What the sender is told: peers and people alike, in the same words each time. */
export const RESET_REPLY =
  "This conversation begins anew: what was said before is forgotten.";

/** Whether `message` is the reset command and nothing else; undefined: there is none. */
export function isReset(
  message: InboundMessage,
  command: string | undefined,
): boolean {
  return command !== undefined && message.text.trim() === command.trim() &&
    message.parts.every((part) => part.kind === "text");
}
