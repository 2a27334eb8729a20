/**
 * The errors of this package. Each one classifies itself, so that no call site guesses again.
 *
 * @module
 */

/** What went wrong, as a stable word for programs: in `--json`, in the docs, in tests. */
export type ErrorCode =
  | "USAGE"
  | "TRANSIENT"
  | "PERMANENT"
  | "BACKEND"
  | "STATE"
  | "ALREADY_RUNNING"
  | "TOKEN_REFUSED"
  | "WORKSPACE_GONE"
  | "GAVE_UP"
  | "STUCK";

/** Longest piece of an answer's body that an error keeps, in characters. */
export const MAX_ERROR_BODY_CHARS = 200;

/** The beginning of an answer's body, as much of it as an error may hold. */
export function excerpt(body: string): string {
  return [...body.trim().slice(0, 2 * MAX_ERROR_BODY_CHARS)]
    .slice(0, MAX_ERROR_BODY_CHARS).join("");
}

/** Base of every error that this package throws on purpose. */
export class ConnectError extends Error {
  /** The class's name. */
  override readonly name: string = "ConnectError";
  /** The stable word for what went wrong. */
  readonly code: ErrorCode;
  /** What the person who reads this can do about it. */
  readonly hint: string | undefined;

  /** Makes an error with `code`; `hint` says what to do, `cause` is kept as it is. */
  constructor(
    code: ErrorCode,
    message: string,
    details: { hint?: string; cause?: unknown } = {},
  ) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.hint = details.hint;
  }
}

/** Something the caller gave is not usable: a flag, an option, a file it names. Nothing was written or sent. */
export class UsageError extends ConnectError {
  /** The class's name. */
  override readonly name = "UsageError";

  /** `message` names the value, `hint` what to give instead. */
  constructor(message: string, hint?: string, cause?: unknown) {
    super("USAGE", message, {
      ...(hint === undefined ? {} : { hint }),
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

/** A failure that may pass by itself: network, time-out, 408, 425, 429, 5xx, an answer that makes no sense. */
export class TransientError extends ConnectError {
  /** The class's name. */
  override readonly name = "TransientError";
  /** Method and path of the request, such as `POST /registry/register`. */
  readonly op: string;
  /** The HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** How long the other side asked to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  /** `cause` is the error underneath, or a sentence that says what was wrong with the answer. */
  constructor(
    op: string,
    cause?: unknown,
    details: { status?: number; retryAfterMs?: number; hint?: string } = {},
  ) {
    const what = details.status === undefined ? "" : `HTTP ${details.status}`;
    const why = cause instanceof Error
      ? reason(cause)
      : typeof cause === "string"
      ? cause
      : "";
    super(
      "TRANSIENT",
      [op, what, why].filter((part) => part !== "").join(": "),
      {
        cause,
        ...(details.hint === undefined ? {} : { hint: details.hint }),
      },
    );
    this.op = op;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** A refusal that another try will not change by itself: a 4xx that is none of the passing ones. */
export class PermanentError extends ConnectError {
  /** The class's name. */
  override readonly name = "PermanentError";
  /** Method and path of the request. */
  readonly op: string;
  /** The HTTP status. */
  readonly status: number;
  /** The beginning of the answer's body, at most 200 characters. */
  readonly body: string;

  /** Keeps at most 200 characters of `body`; `details` says more than that the request was refused. */
  constructor(
    op: string,
    status: number,
    body = "",
    details: { message?: string; hint?: string; code?: ErrorCode } = {},
  ) {
    const kept = excerpt(body);
    const what = `HTTP ${status}${kept === "" ? "" : ` ${kept}`}`;
    super(
      details.code ?? "PERMANENT",
      `${details.message ?? op}: ${what}`,
      details.hint === undefined ? {} : { hint: details.hint },
    );
    this.op = op;
    this.status = status;
    this.body = kept;
  }
}

/** How a back end failed, and so what happens to the message. */
export type BackendErrorKind =
  /**
   * A usage limit or an overload: no attempt is burnt, the back end pauses for everybody, and whoever waits for more than
   * a minute is told so once. A pause of more than six hours is a `final` failure. Of a message that fails so again and
   * again, while others are answered in between, it counts as `retry`.
   */
  | "weather"
  /** Counts as an attempt and is run again. */
  | "retry"
  /** Told to the sender at once and not run again. */
  | "final";

/** What went wrong in a turn, as far as a sender may know it. Each has its own sentence for people. */
export type FailureKind =
  /** The turn took longer than it may. */
  | "timeout"
  /** The answer is larger than it may be. */
  | "too_large"
  /** What the back end needs is not there: a program, a login, a key. */
  | "not_ready"
  /** The agent took more steps than it may. */
  | "too_many_steps"
  /** A limit of use is reached, and nobody knows how to wait for its end. */
  | "limit"
  /** The agent or its model declined to answer. */
  | "refused"
  /** Anything else. */
  | "failed";

/** Thrown by a back end to say what its failure means. Anything else that it throws counts as `retry`. */
export class BackendError extends ConnectError {
  /** The class's name. */
  override readonly name = "BackendError";
  /** What the failure means for the message. */
  readonly kind: BackendErrorKind;
  /** What a person is told of it when the message is given up. */
  readonly failure: FailureKind;
  /**
   * The operator's own words for people, in place of the sentence for `failure`; never an agent's. They are told as one
   * paragraph of at most 500 characters. Peers get the same neutral sentence all the same.
   */
  readonly publicText: string | undefined;
  /** For `weather`: how long to pause, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** For `retry`: the failure was none of this message's, so that its attempt does not count. */
  readonly uncounted: boolean;

  /** `message` is for the operator's log only; senders never see it. */
  constructor(
    kind: BackendErrorKind,
    message: string,
    details: {
      failure?: FailureKind;
      publicText?: string;
      retryAfterMs?: number;
      uncounted?: boolean;
      hint?: string;
      cause?: unknown;
    } = {},
  ) {
    super("BACKEND", message, details);
    this.kind = kind;
    this.failure = details.failure ?? "failed";
    this.publicText = details.publicText;
    this.retryAfterMs = details.retryAfterMs;
    this.uncounted = details.uncounted ?? false;
  }
}

/** The state file cannot be read, believed or written. */
export class StateError extends ConnectError {
  /** The class's name. */
  override readonly name = "StateError";
  /** The file. */
  readonly path: string;
  /** Whether the file's content is damaged, as against not readable or not writable. */
  readonly damaged: boolean;

  /** `message` names the file. */
  constructor(
    path: string,
    message: string,
    details: { damaged?: boolean; hint?: string; cause?: unknown } = {},
  ) {
    super("STATE", message, details);
    this.path = path;
    this.damaged = details.damaged ?? false;
  }
}

/** What helps whoever has no token that works: the platform shows each one once, and an empty one or a placeholder after. */
export const ROTATE_CREDENTIALS =
  "open the workspace in the platform's web page, rotate its credentials there and copy the new token, which is shown only once";

/** The error of a workspace that the platform says is not there. */
export function workspaceGone(
  workspaceId: string,
  how: "unknown" | "removed",
): ConnectError {
  return new ConnectError(
    "WORKSPACE_GONE",
    how === "removed"
      ? `Workspace "${workspaceId}" was removed from the platform`
      : `The platform knows no workspace "${workspaceId}"`,
    { hint: "check the workspace id and the platform's address" },
  );
}

/** An error's message with those of its causes, for one line of a log. */
export function reason(error: unknown): string {
  const parts: string[] = [];
  for (
    let at: unknown = error, depth = 0;
    at !== undefined && depth < 5;
    depth++
  ) {
    const text = at instanceof Error ? at.message || at.name : String(at);
    // fetch repeats its cause's text in its own: say it once.
    if (text !== "" && !parts.some((part) => part.includes(text))) {
      parts.push(text);
    }
    at = at instanceof Error ? at.cause : undefined;
  }
  return parts.join(": ");
}
