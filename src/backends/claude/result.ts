/**
 * What the end of a run of `claude` means for the message. Neither the exit code nor the subtype of the result tells
 * success: an API error has the subtype "success", an interrupt the exit code 0.
 *
 * @module
 */
import { asText } from "../../as_text.ts";
import { BackendError, type FailureKind } from "../../errors.ts";
import { type Reply, textReply, type Usage } from "../backend.ts";
import { type ClaudeStream, isObject, type JsonObject } from "./stream.ts";
import { plainText } from "../plain_text.ts";
import { type CommandEnd, MAX_ANSWER_BYTES } from "../command/run_command.ts";

/** A run that has ended: how, and what it printed. */
export interface ClaudeRun {
  /** How the process ended. */
  readonly end: Pick<CommandEnd, "stderr" | "summary">;
  /** What its stream told. */
  readonly stream: Pick<
    ClaudeStream,
    "result" | "resetsAt" | "retryStatus" | "stray"
  >;
}

/** What is passing, and is the same for every message: limits, overload, an API that cannot be reached. */
const WEATHER_STATUS: readonly unknown[] = [429, 503, 529];
const WEATHER_TEXT =
  /\bAPI Error:? (?:429|503|529|Repeated 529|Connection error|Unable to connect)\b|\blimit reached\b|\bhit your [\w -]{1,40}limit\b/i;
const REFUSED_STATUS: readonly unknown[] = [401, 403];
/** Older releases give the status in the text only. */
const REFUSED_TEXT =
  /not logged in|please run \/login|invalid api key|\bAPI Error:? 40[13]\b|OAuth token (?:has expired|revoked)/i;
const LOGIN_HINT =
  `run "claude" once as this user and log in, or set ANTHROPIC_API_KEY`;

/** What no other try can change, by what claude says of it. */
const FINAL: readonly (readonly [RegExp, FailureKind, string])[] = [
  [REFUSED_TEXT, "not_ready", LOGIN_HINT],
  [
    /credit balance is too low/i,
    "limit",
    "add credit to the account that the key belongs to",
  ],
  [
    /violates? our Usage Policy/i,
    "refused",
    "nothing can be done; a later message may fare better in a new session",
  ],
  [
    /prompt is too long/i,
    "failed",
    "the conversation has become too long: begin a new session",
  ],
];

/** What claude says on stderr of arguments that it does not take. */
const BAD_ARGUMENTS =
  /unknown option|argument '.*' is invalid|cannot be used with|MCP config/i;

/** The errors of a result, or none. */
function errorsOf(result: JsonObject): string[] {
  const errors = Array.isArray(result.errors) ? result.errors : [];
  return [result.result, ...errors].filter((one) => typeof one === "string")
    .map(plainText);
}

/** The session is unknown to claude, or exists already; undefined where the run says nothing of that. */
export function sessionRefusal(
  { end, stream: { result } }: ClaudeRun,
): "unknown" | "taken" | undefined {
  // Words of the model stand in `result` only.
  if (result?.is_error === false || result?.result !== undefined) return;
  const said = [end.stderr, ...errorsOf(result ?? {})].join("\n");
  if (/No conversation found/i.test(said)) return "unknown";
  return /is already in use/i.test(said) ? "taken" : undefined;
}

function tokens(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0
    ? Math.round(value)
    : undefined;
}

/** Tokens of this turn alone; the costs in a result are those of the whole session. */
function usageOf(result: JsonObject): Usage | undefined {
  if (!isObject(result.usage)) return undefined;
  const inputTokens = tokens(result.usage.input_tokens);
  const outputTokens = tokens(result.usage.output_tokens);
  if (inputTokens === undefined && outputTokens === undefined) return undefined;
  return {
    ...(inputTokens === undefined ? {} : { inputTokens }),
    ...(outputTokens === undefined ? {} : { outputTokens }),
  };
}

/** The tools that the turn asked for and did not get. */
export function deniedTools(result: JsonObject): string[] {
  const denials = Array.isArray(result.permission_denials)
    ? result.permission_denials
    : [];
  return denials.filter(isObject).map((denial) => asText(denial.tool_name));
}

function final(
  message: string,
  failure: FailureKind,
  hint: string,
): BackendError {
  return new BackendError("final", message, { failure, hint });
}

function weather(message: string, resetsAt: number | undefined): BackendError {
  const left = (resetsAt ?? 0) - Date.now();
  return new BackendError("weather", message, {
    ...(left > 0 ? { retryAfterMs: left } : {}),
  });
}

/** The error of a turn whose result says that it failed. */
function failure(
  result: JsonObject,
  { resetsAt, retryStatus }: ClaudeRun["stream"],
): BackendError {
  const text = errorsOf(result).join("; ").trim();
  const message = `Claude Code failed: ${text || result.subtype}`;
  if (result.subtype === "error_max_turns") {
    return final(message, "too_many_steps", "raise the option max_turns");
  }
  if (result.subtype === "error_max_budget_usd") {
    const hint = "raise --max-budget-usd in the option args";
    return final(message, "limit", hint);
  }
  // Where the result has no status, it is that of the last try.
  const status = result.api_error_status ?? retryStatus;
  if (WEATHER_STATUS.includes(status) || WEATHER_TEXT.test(text)) {
    return weather(message, resetsAt);
  }
  if (REFUSED_STATUS.includes(status)) {
    return final(message, "not_ready", LOGIN_HINT);
  }
  const known = FINAL.find(([says]) => says.test(text));
  return known === undefined
    ? new BackendError("retry", message)
    : final(message, known[1], known[2]);
}

/** The error of a turn that printed no result. */
function noResult({ end: { summary, stderr }, stream }: ClaudeRun) {
  const said = stderr === "" ? plainText(stream.stray).trim() : "";
  const message = `Claude Code gave no result, it ${summary}${
    said === "" ? "" : `: ${said}`
  }`;
  if (REFUSED_TEXT.test(message)) {
    return final(message, "not_ready", LOGIN_HINT);
  }
  if (BAD_ARGUMENTS.test(stderr)) {
    const hint = "check the back end's options, or update Claude Code";
    return final(message, "not_ready", hint);
  }
  return new BackendError("retry", message);
}

/** Whether the answer is larger than one may be. */
function isTooLarge(text: string): boolean {
  return text.length > MAX_ANSWER_BYTES / 3 &&
    new TextEncoder().encode(text).length > MAX_ANSWER_BYTES;
}

/**
 * The reply of a run of claude.
 *
 * @throws {BackendError} where it failed: `weather` for limits and overload, `final` where only an operator can help.
 */
export function claudeReply(run: ClaudeRun): Reply {
  const { result } = run.stream;
  if (result === undefined) throw noResult(run);
  if (result.is_error !== false) throw failure(result, run.stream);
  const text = typeof result.result === "string"
    ? plainText(result.result)
    : "";
  if (isTooLarge(text)) {
    throw new BackendError(
      "final",
      `The answer of Claude Code is larger than ${
        MAX_ANSWER_BYTES / 1024 / 1024
      } MiB`,
      { failure: "too_large" },
    );
  }
  const usage = usageOf(result);
  return {
    ...textReply(text.trim() === "" ? "" : text),
    ...(usage === undefined ? {} : { usage }),
  };
}
