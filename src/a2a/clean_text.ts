/**
 * What must not be in a text that is sent: the platform answers 200 to a text with U+0000 and loses it, changes lone
 * surrogates, and shows other control characters as garbage.
 */
import type { Part } from "./part.ts";

// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;
const LONE_SURROGATE = /\p{Surrogate}/gu;

/** `text` without control characters but newline and tab, and without lone surrogates; CR LF becomes LF. */
export function cleanText(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(CONTROL, "").replace(
    LONE_SURROGATE,
    "",
  );
}

/** `value` with every string in it cleaned, keys too. */
export function cleanJson(value: unknown): unknown {
  if (typeof value === "string") return cleanText(value);
  if (Array.isArray(value)) return value.map(cleanJson);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map((
      [key, member],
    ) => [cleanText(key), cleanJson(member)]),
  );
}

/** `parts`, cleaned. */
export function cleanParts(parts: readonly Part[]): Part[] {
  return parts.map((part) => cleanJson(part) as Part);
}
