/** Reads values that came as JSON from somebody else: `String()` of an object runs what is in it, and can throw. */

/** A text as it is, a number or a truth value in words; empty for everything else. */
export function asText(value: unknown): string {
  return typeof value === "string"
    ? value
    : typeof value === "number" || typeof value === "boolean"
    ? `${value}`
    : "";
}
