/** Keeps secrets out of what people and other machines read: log lines, errors, heartbeats. */

const MASK = "[redacted]";
/** Shorter values would mask ordinary words. */
const MIN_SECRET_CHARS = 8;

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
  #forms = new Set<string>();

  /** Masks `secret` from now on, also percent- and base64-encoded. */
  add(secret: string): void {
    if (secret.length < MIN_SECRET_CHARS) return;
    this.#forms.add(secret);
    this.#forms.add(JSON.stringify(secret).slice(1, -1));
    this.#forms.add(encodeURIComponent(secret));
    const bytes = new TextEncoder().encode(secret);
    const base64 = btoa(String.fromCharCode(...bytes));
    // Only what does not depend on the neighbours' bits: the last block may be padded.
    this.#forms.add(base64.replace(/.?=*$/, ""));
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
}
