/** Reads the answer of a chat. Servers of every make leave something out. */
import { BackendError } from "../../errors.ts";
import type { Usage } from "../backend.ts";
import { jsonObject } from "../http/refusal.ts";

type Loose = Readonly<Record<string, unknown>>;

/** What the model said. */
export interface ChatAnswer {
  /** Its text; empty where it has nothing to say. */
  readonly text: string;
  /** Whether it was cut off at the longest answer that the model or the request allows. */
  readonly cutOff: boolean;
  /** What it cost, where the server tells. */
  readonly usage: Usage | undefined;
}

/** An error as these servers write it. */
export interface ChatError {
  /** What is wrong, in the server's words. */
  readonly message: string;
  /** Its stable name, or an empty string. */
  readonly code: string;
  /** An HTTP status inside the body, as gateways give it. */
  readonly status: number | undefined;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The error in a body, whose `error` is an object or, with some servers, a sentence. */
export function readError(body: Loose): ChatError | undefined {
  const { error } = body;
  if (typeof error === "string") {
    return { message: error, code: "", status: undefined };
  }
  if (typeof error !== "object" || error === null) return undefined;
  const { message, code, type } = error as Loose;
  return {
    message: text(message) || text(code) || text(type) ||
      "an error without a message",
    code: text(code) || text(type),
    status: Number(code) >= 400 && Number(code) < 600
      ? Number(code)
      : undefined,
  };
}

/** Whether `error` says that question and history together are longer than the model can read, or may read at once. */
export function isTooLong({ message, code }: ChatError): boolean {
  return /^(context_length_exceeded|exceed_context_size_error)$/.test(code) ||
    /context (length|size|window)|maximum context|prompt is too long|too many tokens|request too large\b.*\btokens per min/is
      .test(message);
}

/** The text of a message, whose content is a text or a list of parts; parts that are no text, such as thoughts, are not the answer. */
function contentText(content: unknown): string {
  if (!Array.isArray(content)) return text(content);
  return content.map((part) => {
    const { type, text: own } = Object(part);
    return type === undefined || type === "text" ? text(own) : "";
  }).join("");
}

function tokens(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0
    ? value as number
    : undefined;
}

function readUsage(value: unknown): Usage | undefined {
  const { prompt_tokens, completion_tokens } = Object(value);
  const inputTokens = tokens(prompt_tokens);
  const outputTokens = tokens(completion_tokens);
  if (inputTokens === undefined && outputTokens === undefined) return undefined;
  return {
    ...(inputTokens === undefined ? {} : { inputTokens }),
    ...(outputTokens === undefined ? {} : { outputTokens }),
  };
}

/**
 * Reads a body that came with a 2xx.
 *
 * @throws {BackendError} `retry` where it is no answer of a chat, `final` where the model gave none.
 */
export function readChat(body: string, server: string): ChatAnswer {
  const answer = jsonObject(body);
  const choices: unknown = answer?.choices;
  const choice = Array.isArray(choices) ? Object(choices[0]) : {};
  const { message, finish_reason: finish } = choice;
  if (typeof message !== "object" || message === null) {
    throw new BackendError(
      "retry",
      `The answer of ${server} is no chat completion`,
      { hint: "check that the option url leads to an API like OpenAI's" },
    );
  }
  if (finish === "content_filter") {
    throw new BackendError(
      "final",
      `The content filter of ${server} stopped the answer`,
      { failure: "refused" },
    );
  }
  const said = contentText(message.content) || text(message.refusal);
  if (said === "") refuseSilence(finish, message, server);
  return {
    text: said,
    cutOff: finish === "length",
    usage: readUsage(answer?.usage),
  };
}

/** An empty answer is one only where the model had its say. */
function refuseSilence(finish: unknown, message: Loose, server: string): void {
  if (finish === "length") {
    throw new BackendError(
      "final",
      `The model at ${server} reached its longest answer before it said anything`,
      {
        failure: "too_large",
        hint: `raise its limit, such as extra_body={"max_tokens":4000}`,
      },
    );
  }
  const calls = message.tool_calls;
  if (Array.isArray(calls) && calls.length > 0) {
    throw new BackendError(
      "final",
      `The model at ${server} asked for tools instead of answering`,
      { hint: "take the tools out of extra_body: none are run here" },
    );
  }
}
