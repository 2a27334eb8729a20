/**
 * What an agent's refusal of a prompt or of a session means. The protocol has no number for it: some agents pass on the
 * status of their model's API as the code, some name the kind in the error's data.
 *
 * @module
 */
import { BackendError } from "../../errors.ts";
import type { RpcError } from "./connection.ts";

/** Too many requests, and an overloaded model. */
const WEATHER: readonly number[] = [429, 503, 529];
/** The model's API does not know the key, or does not allow it. */
const NO_LOGIN: readonly number[] = [401, 403];

/** No such method, invalid parameters, and a resource that is not there. */
const UNKNOWN_CODES: readonly number[] = [-32601, -32602, -32002];
/** What agents say instead that have no number for it. */
const UNKNOWN_TEXT =
  /session not found|no previous sessions found|invalid session identifier|valid session id/i;

/** Whether an agent refuses because it does not know the session, or cannot take one up at all. */
export function isUnknownSession({ code, message }: RpcError): boolean {
  return UNKNOWN_CODES.includes(code) || UNKNOWN_TEXT.test(message);
}

/** The back end's error for `error`. */
export function refusalError(error: RpcError, loginHint: string): BackendError {
  const { code, kind, message: text } = error;
  const message = `The agent answered with error ${code}: ${text}`;
  // Claude's adapter has no kind of its own for an overload.
  const isBusy = WEATHER.includes(code) || kind === "rate_limit" ||
    (kind === "server_error" && /\b529\b/.test(text));
  if (isBusy) return new BackendError("weather", message, { cause: error });
  if (NO_LOGIN.includes(code) || kind === "authentication_failed") {
    return new BackendError("final", message, {
      failure: "not_ready",
      hint: loginHint,
      cause: error,
    });
  }
  return new BackendError("retry", message, { cause: error });
}
