/**
 * What `claude -p --output-format json` prints, and what it means for the message. Neither the exit code nor the
 * subtype tells success: an API error has the subtype "success", an interrupt the exit code 0.
 *
 * @module
 */
import { BackendError } from "../errors.ts";
import { type Reply, textReply, type Usage } from "./backend.ts";
import { plainText } from "./plain_text.ts";
import type { CommandEnd } from "./run_command.ts";

type JsonObject = Readonly<Record<string, unknown>>;

const OVERLOADED: readonly unknown[] = [429, 529];
const REFUSED: readonly unknown[] = [401, 403];
/** Older releases give the status in the text only. */
const OVERLOADED_TEXT = /\bAPI Error:? (?:429|529)\b|usage limit reached/i;
const REFUSED_TEXT =
  /not logged in|please run \/login|invalid api key|\bAPI Error:? 40[13]\b|OAuth token (?:has expired|revoked)/i;
const LOGIN_HINT =
  `run "claude" once as this user and log in, or set ANTHROPIC_API_KEY`;

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a line of something else
  }
}

function isResult(value: unknown): value is JsonObject {
  return isObject(value) && value.type === "result";
}

/** The last result object in `stdout`: a line of its own, or (with --verbose) an item of an array. */
export function findResult(stdout: string): JsonObject | undefined {
  const whole = parse(stdout);
  if (whole !== undefined) return [whole].flat().findLast(isResult);
  // From the end, and only lines that can be JSON: an answer may be megabytes of something else.
  for (let end = stdout.length; end > 0;) {
    const start = stdout.lastIndexOf("\n", end - 1) + 1;
    const line = stdout.slice(start, end).trim();
    const found = /^[{[]/.test(line)
      ? [parse(line)].flat().findLast(isResult)
      : undefined;
    if (found !== undefined) return found;
    end = start - 1;
  }
  return undefined;
}

function tokens(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0
    ? Math.round(value)
    : undefined;
}

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
  return denials.filter(isObject).map((denial) => String(denial.tool_name));
}

function notLoggedIn(message: string): BackendError {
  return new BackendError("final", message, {
    failure: "not_ready",
    hint: LOGIN_HINT,
  });
}

/** The error of a turn whose result says that it failed. */
function failure(result: JsonObject): BackendError {
  const errors = Array.isArray(result.errors) ? result.errors : [];
  const text = [result.result, ...errors].filter((one) =>
    typeof one === "string"
  ).map(plainText).join("; ").trim();
  const message = `Claude Code failed: ${text || result.subtype}`;
  const status = result.api_error_status;
  if (result.subtype === "error_max_turns") {
    return new BackendError("final", message, {
      failure: "too_many_steps",
      hint: "raise --max-turns in the option args",
    });
  }
  if (result.subtype === "error_max_budget_usd") {
    return new BackendError("final", message, {
      failure: "limit",
      hint: "raise --max-budget-usd in the option args",
    });
  }
  if (OVERLOADED.includes(status) || OVERLOADED_TEXT.test(text)) {
    return new BackendError("weather", message);
  }
  if (REFUSED.includes(status) || REFUSED_TEXT.test(text)) {
    return notLoggedIn(message);
  }
  return new BackendError("retry", message);
}

/** The error of a turn that printed no result. */
function noResult({ stdout, summary, stderr }: CommandEnd): BackendError {
  const said = stderr === "" ? plainText(stdout).trim().slice(0, 200) : "";
  const message = `Claude Code gave no result, it ${summary}${
    said === "" ? "" : `: ${said}`
  }`;
  if (REFUSED_TEXT.test(message)) return notLoggedIn(message);
  if (/unknown option/i.test(stderr)) {
    return new BackendError("final", message, {
      hint: "check the option args, or update Claude Code",
    });
  }
  return new BackendError("retry", message);
}

/**
 * The reply of a run of claude.
 *
 * @throws {BackendError} where it failed: `weather` for limits and overload, `final` where only an operator can help.
 */
export function claudeReply(end: CommandEnd): Reply {
  const result = findResult(end.stdout);
  if (result === undefined) throw noResult(end);
  if (result.is_error !== false) throw failure(result);
  const text = typeof result.result === "string"
    ? plainText(result.result)
    : "";
  const usage = usageOf(result);
  return {
    ...textReply(text.trim() === "" ? "" : text),
    ...(usage === undefined ? {} : { usage }),
  };
}
