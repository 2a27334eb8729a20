/** Lines that people read beside the chat: what a back end or a peer wrote must not break out of them. */
import { stripVTControlCharacters } from "node:util";

/** Of a longer text nobody reads the end, and cleaning it takes time. */
const MAX_READ_CHARS = 20_000;

/** `text` without escape sequences, as far as anybody reads it: what they hide is to be seen by whoever masks secrets. */
export function withoutEscapes(text: string): string {
  return stripVTControlCharacters(text.slice(0, MAX_READ_CHARS));
}

/** One line of at most `max` characters, without control characters. */
export function oneLine(text: string, max: number): string {
  const line = text.replace(/[\p{C}\p{Z}]+/gu, " ").trim();
  const characters = [...line];
  return characters.length <= max
    ? line
    : `${characters.slice(0, max - 1).join("")}…`;
}
