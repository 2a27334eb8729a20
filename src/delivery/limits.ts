/** What a limit or an overload of the back end becomes for a message that is not to wait for it any longer. */
import { BackendError } from "../errors.ts";

/** The failure of a message whose back end would pause for longer than anybody should wait. */
export function notWaitedFor(cause: BackendError): BackendError {
  const hours = Math.round((cause.retryAfterMs ?? 0) / 3_600_000);
  const { publicText } = cause;
  return new BackendError(
    "final",
    `The back end would have to pause for ${hours} hours`,
    {
      failure: "limit",
      cause,
      ...(publicText === undefined ? {} : { publicText }),
    },
  );
}

/** The failure of a message that alone is refused as an overload: it counts, and nobody else waits for it. */
export function ofItsOwn(cause: BackendError): BackendError {
  const { publicText, hint } = cause;
  return new BackendError(
    "retry",
    "The back end refused this message as an overload again and again, and answered others in between",
    {
      cause,
      ...(publicText === undefined ? {} : { publicText }),
      ...(hint === undefined ? {} : { hint }),
    },
  );
}
