/** JSON files that can tell whether they are whole: `version` and `checksum` (SHA-256 over the rest) beside the data. */
import { createHash } from "node:crypto";

/** A JSON object. */
export type JsonObject = { readonly [key: string]: unknown };

/** `data` as one line of JSON that ends with its own checksum. */
export function seal(data: JsonObject): string {
  const checksum = createHash("sha256").update(JSON.stringify(data)).digest(
    "hex",
  );
  return JSON.stringify({ ...data, checksum }) + "\n";
}

/** The data of a sealed text, or undefined where a single byte is not as `seal` wrote it. */
export function unseal(text: string): JsonObject | undefined {
  const parsed = parseObject(text);
  if (parsed === undefined) return undefined;
  const { checksum: _, ...data } = parsed;
  return seal(data) === text ? data : undefined;
}

/** The object that `text` is JSON of, or undefined. */
export function parseObject(text: string): JsonObject | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)
    ? parsed as JsonObject
    : undefined;
}
