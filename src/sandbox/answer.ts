/**
 * Answers in the platform's shape.
 *
 * @module
 */

const JSON_TYPE = "application/json; charset=utf-8";

/** Characters that the platform's encoder escapes, so that a body of them grows sixfold on the way out. */
const ESCAPED = /[<>&\u2028\u2029]/g;

/** `value` as the platform writes JSON. */
function encode(value: unknown): string {
  return JSON.stringify(value).replace(
    ESCAPED,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A JSON answer. */
export function json(
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): Response {
  return new Response(encode(body), {
    status,
    headers: { "content-type": JSON_TYPE, ...headers },
  });
}

/** The answer of an a2a post, which the platform labels without a charset. */
export function a2aJson(body: unknown, status = 200): Response {
  return json(body, status, { "content-type": "application/json" });
}

/** An answer without a body. */
export function empty(status: number): Response {
  return new Response(null, { status });
}

/** Thrown where a request is refused; carries the answer. */
export class Refusal extends Error {
  /** What the client gets. */
  readonly response: Response;

  /** Refuses with `{"error": error, …more}`. */
  constructor(
    status: number,
    error: string,
    more: Record<string, unknown> = {},
  ) {
    super(error);
    this.response = json({ error, ...more }, status);
  }
}
