/** Makes what a program wrote for a terminal fit for a chat. */
import { cleanText } from "../a2a/clean_text.ts";
import { withoutEscapes } from "../a2a/escapes.ts";

/** `text` without escape sequences and control characters; line ends become `\n`, tabs stay. */
export function plainText(text: string): string {
  // A carriage return alone is how a line is painted over: nothing must be glued together.
  return cleanText(withoutEscapes(text).replace(/\r+\n?/g, "\n"));
}
