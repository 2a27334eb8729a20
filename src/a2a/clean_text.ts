/**
 * What must not be in a text that is sent: the platform answers 200 to a text with U+0000 and loses it, changes lone
 * surrogates, and shows escape sequences and other control characters as garbage. Signs that turn the direction of what
 * follows can make a text look like another one.
 */
import { withoutEscapes } from "./escapes.ts";
import type { Part } from "./part.ts";

// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;
const DIRECTIONS = /[\u202a-\u202e\u2066-\u2069]/g;
const LONE_SURROGATE = /\p{Surrogate}/gu;

/**
 * `text` without escape sequences, without control characters but newline and tab, without signs that override the
 * direction of text, and without lone surrogates; CR LF becomes LF.
 */
export function cleanText(text: string): string {
  return withoutEscapes(text).replaceAll("\r\n", "\n").replace(CONTROL, "")
    .replace(DIRECTIONS, "").replace(LONE_SURROGATE, "");
}

/**
 * `value` as JSON would carry it, with every string in it cleaned, keys too.
 *
 * @throws {TypeError | RangeError} if JSON cannot hold it: a bigint, a circle, too much depth.
 */
export function cleanJson(value: unknown): unknown {
  const text = JSON.stringify(value);
  return text === undefined ? undefined : clean(JSON.parse(text));
}

/** Deeper than this is nobody's message, and more than some readers' stack. */
const MAX_DEPTH = 500;

function clean(value: unknown, depth = 0): unknown {
  if (depth > MAX_DEPTH) {
    throw new RangeError(`nested more than ${MAX_DEPTH} deep`);
  }
  if (typeof value === "string") return cleanText(value);
  if (Array.isArray(value)) {
    return value.map((member) => clean(member, depth + 1));
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map((
      [key, member],
    ) => [cleanText(key), clean(member, depth + 1)]),
  );
}

/** `parts`, cleaned. */
export function cleanParts(parts: readonly Part[]): Part[] {
  return parts.map((part) => cleanJson(part) as Part);
}
