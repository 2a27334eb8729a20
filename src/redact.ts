/** Keeps secrets out of what people and other machines read: log lines, errors, heartbeats. */
import { reason } from "./errors.ts";

const MASK = "[redacted]";
/** Shorter values would mask ordinary words. */
const MIN_SECRET_CHARS = 8;

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

/** What base64 makes of `secret` wherever it stands in a text: without the characters that its neighbours share. */
function base64Forms(secret: string): string[] {
  const bytes = new TextEncoder().encode(secret);
  return [0, 1, 2].flatMap((before) => {
    const padded = new Uint8Array(before + bytes.length);
    padded.set(bytes, before);
    const whole = btoa(String.fromCharCode(...padded));
    const own = whole.slice(before === 0 ? 0 : before + 1).replace(/.?=*$/, "");
    return [own, own.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

/** The secrets of one process, and the masking of them. */
export class Redactor {
  #forms = new Set<string>();

  /** Masks `secret` from now on, also percent- and base64-encoded. */
  add(secret: string): void {
    if (secret.length < MIN_SECRET_CHARS) return;
    this.#forms.add(secret);
    this.#forms.add(JSON.stringify(secret).slice(1, -1));
    this.#forms.add(encodeURIComponent(secret));
    for (const form of base64Forms(secret)) this.#forms.add(form);
    // Longest first: of a secret that begins like another one no tail must be left.
    this.#forms = new Set(
      [...this.#forms].sort((a, b) => b.length - a.length),
    );
  }

  /** `text` with every known secret, and everything that looks like one, masked. */
  redact(text: string): string {
    let masked = text;
    for (const form of this.#forms) masked = masked.replaceAll(form, MASK);
    for (const [pattern, replacement] of PATTERNS) {
      masked = masked.replace(pattern, replacement);
    }
    return masked;
  }

  /** `value` with every text in it masked, however deep: masked as JSON, a pattern could reach over a text's end. */
  redactValue(value: unknown, depth = 0): unknown {
    if (typeof value === "string") return this.redact(value);
    if (value instanceof Error) return this.redact(reason(value));
    if (typeof value !== "object" || value === null) return value;
    if (depth === MAX_DEPTH) return "[deeper]"; // or a circle
    if (Array.isArray(value)) {
      return value.map((member) => this.redactValue(member, depth + 1));
    }
    return Object.fromEntries(
      Object.entries(value).map((
        [name, member],
      ) => [name, this.redactValue(member, depth + 1)]),
    );
  }
}
