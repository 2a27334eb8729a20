/** What an answer of the platform means: the table of errors, in one place. */
import { excerpt, PermanentError, TransientError } from "../errors.ts";
import type { Answer } from "./request.ts";

/** Whether `status` says by itself that another try may do. */
function passes(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

/** Whether the body is the web UI's, which some hosts answer on any path. */
export function isHtml(answer: Answer): boolean {
  return answer.type === "text/html" ||
    /^\s*<(!doctype|html)/i.test(answer.text);
}

/** The JSON object in the body, or undefined. */
export function jsonObject(
  answer: Answer,
): Readonly<Record<string, unknown>> | undefined {
  const value = json(answer);
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Record<string, unknown>
    : undefined;
}

/** The JSON in the body, or undefined where it is none. */
export function json(answer: Answer): unknown {
  try {
    return JSON.parse(answer.text);
  } catch {
    return undefined;
  }
}

/** The platform's own 404 of an unknown workspace, as against a proxy's or the web UI's. */
export function isUnknownWorkspace(answer: Answer): boolean {
  return answer.status === 404 &&
    jsonObject(answer)?.error === "workspace not found";
}

/** An empty 403 is the CORS layer's: it comes before authentication, so it says nothing about the token. */
export function isOriginRefusal(answer: Answer): boolean {
  return answer.status === 403 && answer.text.trim() === "";
}

/** An answer that may pass by itself, as an error. */
export function transient(answer: Answer, why?: string): TransientError {
  const details = {
    status: answer.status,
    ...(answer.retryAfterMs === undefined
      ? {}
      : { retryAfterMs: answer.retryAfterMs }),
  };
  if (answer.status >= 300 && answer.status < 400) {
    return new TransientError(
      answer.op,
      `redirected to ${answer.location || "nowhere"}`,
      {
        ...details,
        hint:
          "give the address that it points to as --api-url; redirects are never followed",
      },
    );
  }
  const body = excerpt(answer.text);
  return new TransientError(
    answer.op,
    why ?? (isHtml(answer) ? "a web page instead of an answer" : body),
    details,
  );
}

/** A refusal, as an error. */
export function permanent(answer: Answer): PermanentError {
  return new PermanentError(
    answer.op,
    answer.status,
    isHtml(answer) ? "a web page" : answer.text.trim(),
  );
}

/** Throws unless the answer is a 2xx that is not the web UI's; `lasting` names the statuses that are refusals. */
export function expectOk(
  answer: Answer,
  lasting: (answer: Answer) => boolean,
): void {
  const { status } = answer;
  if (status >= 200 && status < 300) {
    if (isHtml(answer)) throw transient(answer);
    return;
  }
  throw !passes(status) && status >= 400 && lasting(answer)
    ? permanent(answer)
    : transient(answer);
}

/** Whether the body begins as JSON does and is none: a part of an answer. */
function isPart(answer: Answer): boolean {
  return /^\s*[[{]/.test(answer.text) && json(answer) === undefined;
}

/**
 * As `expectOk()`; JSON of another shape than an object, or a part of it, is no answer of the platform's either: a
 * token that it gave could stand in the other part. An empty body is one.
 */
export function expectTaken(
  answer: Answer,
  lasting: (answer: Answer) => boolean,
): void {
  expectOk(answer, lasting);
  if (json(answer) !== undefined && jsonObject(answer) === undefined) {
    throw transient(answer, "the answer is JSON of another shape");
  }
  if (isPart(answer)) throw transient(answer, "the answer breaks off");
}
