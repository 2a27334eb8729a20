/** Keeps secrets out of what people and other machines read: log lines, errors, heartbeats, answers. */
import { reason } from "./errors.ts";
import { secretPattern } from "./secret_forms.ts";

const MASK = "[redacted]";
/** Shorter values would mask ordinary words. */
const MIN_SECRET_CHARS = 8;
/** In answers shorter values would mask what they are about. */
const MIN_ANSWER_SECRET_CHARS = 16;
/** So many of the secrets that the platform may renew are known at once: the one before may still be in use. */
const MAX_RENEWED = 4;

/** Deeper than this nobody reads a log line's field. */
const MAX_DEPTH = 20;

/** What looks like a secret although nobody registered it. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/\b(Bearer\s+)[A-Za-z0-9._~+/=-]{8,}/gi, `$1${MASK}`],
  [/\bsk-[A-Za-z0-9_-]{8,}/g, MASK],
  [/\bgh[pousr]_[A-Za-z0-9]{8,}/g, MASK],
  [/\bxox[a-z]-[A-Za-z0-9-]{8,}/g, MASK],
  // Bounded: on a stranger's long text an unbounded scheme takes time in the square of its length.
  [/(\b[a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/@]{1,1000}@/gi, `$1${MASK}@`],
  [
    /\b((?:auth_)?token|api[_-]?key|secret|password)(["']?\s*[=:]\s*["']?)[^\s"'&,;]{8,}/gi,
    `$1$2${MASK}`,
  ],
];

/** The secrets of one process, and the masking of them. */
export class Redactor {
  /** By the secret, the longest one first: of one that begins like another no tail must be left. */
  #patterns = new Map<string, RegExp>();
  #renewed: string[] = [];

  /** Masks `secret` from now on, also percent- and base64-encoded. */
  add(secret: string): void {
    if (secret.length < MIN_SECRET_CHARS || this.#patterns.has(secret)) return;
    const patterns = [...this.#patterns];
    patterns.push([secret, secretPattern(secret)]);
    this.#patterns = new Map(
      patterns.sort(([a], [b]) => b.length - a.length),
    );
  }

  /** As `add()`, for what a back end holds; asked again and again, for some know it late, and some renew it. */
  addAll(secrets: readonly string[] | undefined): void {
    for (const secret of secrets ?? []) this.add(secret);
  }

  /** As `add()`, for one that the platform may renew with every answer: only the newest few are kept. */
  addRenewed(secret: string): void {
    if (this.#patterns.has(secret)) return;
    this.add(secret);
    this.#renewed.push(secret);
    if (this.#renewed.length > MAX_RENEWED) {
      this.#patterns.delete(this.#renewed.shift()!);
    }
  }

  #mask(text: string, leastChars: number): string {
    let masked = text;
    for (const [{ length }, pattern] of this.#patterns) {
      if (length < leastChars) break;
      if (text.length >= length) masked = masked.replace(pattern, MASK);
    }
    return masked;
  }

  /** `text` with every known secret, and everything that looks like one, masked. */
  redact(text: string): string {
    let masked = this.#mask(text, MIN_SECRET_CHARS);
    for (const [pattern, replacement] of PATTERNS) {
      masked = masked.replace(pattern, replacement);
    }
    return masked;
  }

  /** `value` with every text in it masked, however deep: masked as JSON, a pattern could reach over a text's end. */
  redactValue(value: unknown): unknown {
    return mapTexts(value, (text) => this.redact(text), MAX_DEPTH);
  }

  /**
   * JSON that a back end answers, with the known secrets of 16 characters and more masked, and nothing that only looks
   * like one: an answer about code must stay as it is.
   */
  redactAnswer<T>(value: T): T {
    const mask = (text: string) => this.#mask(text, MIN_ANSWER_SECRET_CHARS);
    return mapTexts(value, mask, Infinity) as T;
  }
}

/** `value` with `map` done to every text in it, names of members too. */
export function mapTexts(
  value: unknown,
  map: (text: string) => string,
  depth = MAX_DEPTH,
): unknown {
  if (typeof value === "string") return map(value);
  if (value instanceof Error) return map(reason(value));
  if (typeof value !== "object" || value === null) return value;
  if (depth === 0) return "[deeper]"; // or a circle
  if (Array.isArray(value)) {
    return value.map((member) => mapTexts(member, map, depth - 1));
  }
  return Object.fromEntries(
    Object.entries(value).map((
      [name, member],
    ) => [map(name), mapTexts(member, map, depth - 1)]),
  );
}
