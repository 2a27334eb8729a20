/** What an answer that is no success means for the message. */
import { BackendError, excerpt } from "../../errors.ts";
import { Redactor } from "../../redact.ts";
import type { Answer } from "./exchange.ts";

/** How to tell about a server. */
export interface Told {
  /** What errors call it. */
  readonly server: string;
  /** What must not be told, though the server may repeat it. */
  readonly secrets: readonly string[];
  /** What to do where it does not let us in. */
  readonly credentials: string;
  /** What to do where it has nothing of what was asked for. */
  readonly address: string;
}

/** Whether an answer is a web page, which some hosts give on any path. */
export function isHtml({ type, text }: Pick<Answer, "type" | "text">): boolean {
  return type === "text/html" || /^\s*<(!doctype|html)/i.test(text);
}

/** What the server said, fit for one line of the operator's log. */
export function itsWords(text: string, secrets: readonly string[]): string {
  const redactor = new Redactor();
  for (const secret of secrets) redactor.add(secret);
  // Masked before it is cut, or half a secret would be left at the cut.
  return excerpt(redactor.redact(text));
}

/** The JSON object in `text`, or undefined. */
export function jsonObject(
  text: string,
): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? value
      : undefined;
  } catch {
    return undefined;
  }
}

/** Where a redirect points, as much of it as a log may show. */
function target(location: string): string {
  const url = URL.parse(location);
  return url === null ? "another address of its own" : url.origin;
}

const WEATHER: readonly number[] = [429, 503, 529];
const PASSING: readonly number[] = [408, 425];
const NOT_THERE: readonly number[] = [404, 405, 410];

/** The error of an answer that is no 2xx. */
export function refusal(
  answer: Answer,
  told: Told,
  words?: string,
): BackendError {
  const { status, retryAfterMs } = answer;
  const said = words ?? (isHtml(answer) ? "a web page" : answer.text);
  const shown = itsWords(said, told.secrets);
  const message = `HTTP ${status} of ${told.server}${
    shown === "" ? "" : `: ${shown}`
  }`;
  if (
    WEATHER.includes(status) || status >= 500 && retryAfterMs !== undefined
  ) {
    return new BackendError("weather", message, {
      // Where the wait that it asks for is too long, this is what its sender is told.
      failure: status === 429 ? "limit" : "failed",
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }
  if (PASSING.includes(status) || status >= 500) {
    return new BackendError("retry", message);
  }
  if (status < 400) {
    return new BackendError(
      "final",
      `HTTP ${status} of ${told.server}: it points to ${
        target(answer.location)
      }`,
      {
        failure: "not_ready",
        hint: "give the right address as url; redirects are never followed",
      },
    );
  }
  if (status === 401 || status === 403) {
    return new BackendError("final", message, {
      failure: "not_ready",
      hint: told.credentials,
    });
  }
  if (NOT_THERE.includes(status)) {
    return new BackendError("final", message, {
      failure: "not_ready",
      hint: told.address,
    });
  }
  return new BackendError("final", message, {
    failure: status === 413 ? "refused" : "failed",
  });
}
