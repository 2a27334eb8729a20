/** How the platform's endpoints are asked: by the one that knows token and headers. */
import type { Answer, RequestSpec } from "./request.ts";

/** What a call may have beside its path. */
export interface CallExtra {
  /** Asked for the moment when the request is sent. */
  readonly query?: () => string;
  readonly body?: unknown;
  readonly form?: FormData;
  /** Longer than usual by so much. */
  readonly extraMs?: number;
  readonly maxBytes?: number;
  readonly withOrigin?: boolean;
  /** The answer may be another's than the platform's: nothing is learnt from it. */
  readonly isAnothers?: boolean;
  readonly onProgress?: (() => void) | undefined;
  readonly sink?: RequestSpec["sink"];
  readonly beforeSend?: (() => Promise<void>) | undefined;
}

/** Makes a request to the platform. `purpose`, path and signal are those of a `RequestSpec`. */
export type Call = (
  purpose: RequestSpec["purpose"],
  path: string,
  signal: AbortSignal,
  extra?: CallExtra,
) => Promise<Answer>;
