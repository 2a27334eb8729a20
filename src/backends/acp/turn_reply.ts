/** What the end of a turn means: an answer, or why there is none. */
import { BackendError } from "../../errors.ts";
import { plainText } from "../plain_text.ts";
import { type Reply, textReply, type Usage } from "../backend.ts";
import type { AnswerText } from "./answer_text.ts";
import { type JsonObject, jsonObject } from "./connection.ts";

/** What follows an answer that reached the model's limit. */
const CUT_OFF =
  "(This answer was cut off: it reached the longest that I can write.)";

/** What the turn itself saw. */
export interface TurnFacts {
  /** What the agent said. */
  readonly answer: AnswerText;
  /** Whether the agent was refused a tool. */
  readonly refused: boolean;
}

function count(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0
    ? value as number
    : undefined;
}

function usageOf(result: JsonObject): Usage | undefined {
  const usage = jsonObject(result.usage);
  const inputTokens = count(usage.inputTokens);
  const outputTokens = count(usage.outputTokens);
  if (inputTokens === undefined && outputTokens === undefined) return undefined;
  return {
    ...(inputTokens === undefined ? {} : { inputTokens }),
    ...(outputTokens === undefined ? {} : { outputTokens }),
  };
}

/**
 * The reply of a turn that ended with `result`.
 *
 * @throws {BackendError} if it ended without an answer.
 */
export function turnReply(
  result: JsonObject,
  { answer, refused }: TurnFacts,
): Reply {
  const text = plainText(answer.text());
  const usage = usageOf(result);
  const reply = (text: string): Reply => ({
    ...textReply(text.trim() === "" ? "" : text),
    ...(usage === undefined ? {} : { usage }),
  });
  switch (result.stopReason) {
    case "max_tokens":
      return reply(text.trim() === "" ? CUT_OFF : `${text}\n\n${CUT_OFF}`);
    case "max_turn_requests":
      throw new BackendError(
        "final",
        "The agent stopped: the message took more steps than it may take",
        { failure: "too_many_steps" },
      );
    case "refusal":
      throw new BackendError("final", "The agent refused to answer", {
        failure: "refused",
      });
    case "cancelled":
      // Asked again, it would ask for the same tool again.
      throw new BackendError(
        refused ? "final" : "retry",
        refused
          ? "The agent gave up after it was not allowed a tool"
          : "The agent cancelled the turn by itself",
        refused ? { hint: "allow the tool with the option permission" } : {},
      );
    default:
      return reply(text);
  }
}
