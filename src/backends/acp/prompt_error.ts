/**
 * What an agent's refusal of a prompt means. The protocol has no number for it: some agents pass on the status of their
 * model's API as the code, some name the kind in the error's data.
 */
import { BackendError } from "../../errors.ts";
import { RpcError } from "./connection.ts";

/** Too many requests, and an overloaded model. */
const WEATHER: readonly number[] = [429, 503, 529];
/** The model's API does not know the key, or does not allow it. */
const NO_LOGIN: readonly number[] = [401, 403];

/** The back end's error for `error`; what is no refusal is left as it is. */
export function promptError(error: unknown, loginHint: string): unknown {
  if (!(error instanceof RpcError)) return error;
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
