/** Errors of a module whose class may come from another copy of this package. */
import { BackendError, type BackendErrorKind } from "../../errors.ts";

const KINDS: readonly (BackendErrorKind | undefined)[] = [
  "weather",
  "retry",
  "final",
];

/** `error`, as this package's own where it is another copy's `BackendError`: or its kind would not count. */
export function ownError(error: unknown): unknown {
  if (error instanceof BackendError || !(error instanceof Error)) return error;
  const { kind, failure, publicText, retryAfterMs, hint, uncounted } =
    error as Partial<BackendError>;
  if (error.name !== "BackendError" || !KINDS.includes(kind)) return error;
  return new BackendError(kind!, error.message, {
    ...(failure === undefined ? {} : { failure }),
    ...(publicText === undefined ? {} : { publicText }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(hint === undefined ? {} : { hint }),
    ...(uncounted === undefined ? {} : { uncounted }),
    cause: error.cause,
  });
}
