/**
 * The platform's request limit: so many requests in a fixed window, per organisation, token or address.
 *
 * @module
 */
import { json } from "./answer.ts";
import { bearer } from "./auth.ts";

/** A limit on requests. */
export interface RateLimit {
  /** Requests per window. */
  readonly limit: number;
  /** Length of the window in seconds. */
  readonly windowSecs: number;
}

/** What the headers of an unlimited sandbox say: the platform's own default, with nothing used up. */
const NEVER_USED_UP: Readonly<Record<string, string>> = {
  "x-ratelimit-limit": "600",
  "x-ratelimit-remaining": "599",
  "x-ratelimit-reset": "60",
};

/** Counts requests; without a limit it only supplies the headers. */
export class RateLimiter {
  readonly #limit: RateLimit | undefined;
  readonly #windows = new Map<string, { endsMs: number; used: number }>();

  /** `limit` undefined: nobody is ever refused. */
  constructor(limit: RateLimit | undefined) {
    this.#limit = limit;
  }

  /** Counts a request: the headers of its answer, and the refusal where it is one too many. */
  count(
    headers: Headers,
    nowMs: number,
  ): { headers: Readonly<Record<string, string>>; refusal?: Response } {
    if (this.#limit === undefined) return { headers: NEVER_USED_UP };
    const { limit, windowSecs } = this.#limit;
    const key = headers.get("x-molecule-org-id") ?? bearer(headers) ?? "";
    let window = this.#windows.get(key);
    if (window === undefined || window.endsMs <= nowMs) {
      window = { endsMs: nowMs + windowSecs * 1000, used: 0 };
      this.#windows.set(key, window);
    }
    window.used++;
    const reset = Math.floor((window.endsMs - nowMs) / 1000);
    const said = {
      "x-ratelimit-limit": String(limit),
      "x-ratelimit-remaining": String(Math.max(0, limit - window.used)),
      "x-ratelimit-reset": String(reset),
    };
    if (window.used <= limit) return { headers: said };
    const refusal = json(
      { error: "rate limit exceeded", retry_after: reset },
      429,
      { "retry-after": String(reset) },
    );
    return { headers: said, refusal };
  }
}
