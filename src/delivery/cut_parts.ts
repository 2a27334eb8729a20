/** Makes the texts of an answer shorter, so that it goes into one request. */
import type { Part } from "../a2a/part.ts";
import { graphemeCut } from "./cut_text.ts";

/** How long `value` is as JSON, in bytes. */
export function bytesOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).byteLength;
}

/** How many bytes a UTF-16 unit takes in JSON, at most one too many for half of a pair. */
function jsonBytes(unit: number): number {
  if (unit === 0x22 || unit === 0x5c || unit === 0x0a || unit === 0x09) {
    return 2;
  }
  if (unit < 0x80) return 1;
  if (unit < 0x800) return 2;
  return unit >= 0xd800 && unit < 0xe000 ? 2 : 3;
}

/** How many of the first units of `words` go into so many bytes of JSON. */
function unitsWithin(words: string, bytes: number): number {
  let left = bytes;
  for (let i = 0; i < words.length; i++) {
    left -= jsonBytes(words.charCodeAt(i));
    if (left < 0) return i;
  }
  return words.length;
}

/** A text part of `words`. */
const text = (words: string): Part => ({ kind: "text", text: words });

/** `parts` with `excess` bytes of JSON less in their texts, the last ones first, and a note of what is missing. */
export function cutTexts(parts: readonly Part[], excess: number): Part[] {
  const note = (chars: number) =>
    text(
      `(This answer was too long for one message: ${chars} more characters of it are missing.)`,
    );
  let over = excess + bytesOf(note(Number.MAX_SAFE_INTEGER)) + 1;
  let missing = 0;
  const kept = parts.toReversed().flatMap((part): Part[] => {
    if (part.kind !== "text" || over <= 0) return [part];
    const bytes = bytesOf(part.text) - 2;
    const end = graphemeCut(
      part.text,
      unitsWithin(part.text, Math.max(0, bytes - over)),
    );
    over -= bytes - (bytesOf(part.text.slice(0, end)) - 2);
    missing += part.text.length - end;
    return end === 0 ? [] : [{ ...part, text: part.text.slice(0, end) }];
  }).toReversed();
  return [...kept, note(missing)];
}
