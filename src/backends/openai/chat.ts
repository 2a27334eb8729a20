/** One question to a server with OpenAI's chat completions. */
import { BackendError } from "../../errors.ts";
import { type Answer, exchange } from "../http/exchange.ts";
import { isHtml, jsonObject, refusal, type Told } from "../http/refusal.ts";
import { type Secret, secretValue } from "../http/secret.ts";
import {
  type ChatAnswer,
  type ChatError,
  isTooLong,
  readChat,
  readError,
} from "./answer.ts";
import type { Turn } from "./history.ts";
import { MAX_ANSWER_BYTES } from "../command/run_command.ts";

/** A server, and what every request to it carries. */
export interface ChatServer {
  /** Where it takes chats. */
  readonly url: URL;
  /** What errors call it. */
  readonly server: string;
  /** The key; undefined where it needs none. */
  readonly key: Secret | undefined;
  /** The model. */
  readonly model: string;
  /** More members of the request's body. */
  readonly extraBody: Readonly<Record<string, unknown>>;
  /** Longest time of one request, in milliseconds. */
  readonly timeoutMs: number;
}

/** What goes to the model. */
export interface Conversation {
  /** The operator's instructions; undefined for none. */
  readonly system: string | undefined;
  /** What was said before, oldest first. */
  readonly turns: readonly Turn[];
  /** What is said now. */
  readonly question: string;
}

/** How to tell about `server`. */
export function told({ server, key }: ChatServer): Told {
  return {
    server,
    secrets: key?.value === undefined ? [] : [key.value],
    credentials: key === undefined
      ? "name the environment variable that holds the key as key_env"
      : `check the key in ${key.variable}`,
    address: "check the options url and model",
  };
}

/** The headers that let us in. @throws {BackendError} `final` where the key that was named is not there. */
export function authorization(
  { key }: Pick<ChatServer, "key">,
): Record<string, string> {
  return key === undefined
    ? {}
    : { authorization: `Bearer ${secretValue(key)}` };
}

function messages(
  { system, turns, question }: Conversation,
): readonly Readonly<Record<"role" | "content", string>>[] {
  return [
    ...(system === undefined ? [] : [{ role: "system", content: system }]),
    ...turns.flatMap(({ user, assistant }) => [
      { role: "user", content: user },
      { role: "assistant", content: assistant },
    ]),
    { role: "user", content: question },
  ];
}

/** The error in an answer: gateways give one with a 200, too. */
function errorOf({ text }: Answer): ChatError | undefined {
  const body = jsonObject(text);
  return body === undefined ? undefined : readError(body);
}

function failure(
  answer: Answer,
  error: ChatError | undefined,
  server: ChatServer,
): BackendError {
  const words = error === undefined
    ? undefined
    : error.code === ""
    ? error.message
    : `${error.message} (${error.code})`;
  const { status } = answer;
  return refusal(
    { ...answer, status: status >= 300 ? status : error?.status ?? 500 },
    told(server),
    words,
  );
}

/** Asks once. Returns undefined where it is more than the model can read. */
async function ask(
  server: ChatServer,
  conversation: Conversation,
  signal: AbortSignal,
): Promise<ChatAnswer | undefined> {
  const answer = await exchange({
    server: server.server,
    url: server.url,
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json",
      ...authorization(server),
    },
    body: JSON.stringify({
      ...server.extraBody,
      model: server.model,
      messages: messages(conversation),
      stream: false,
    }),
    timeoutMs: server.timeoutMs,
    signal,
  });
  const error = errorOf(answer);
  if (error !== undefined && isTooLong(error)) return undefined;
  if (answer.status >= 300 || error !== undefined) {
    throw failure(answer, error, server);
  }
  if (isHtml(answer)) {
    throw new BackendError(
      "retry",
      `HTTP ${answer.status} of ${server.server}: a web page instead of an answer`,
      { hint: "check the option url" },
    );
  }
  return readChat(answer.text, server.server);
}

/** What came of a question. */
export interface Chat {
  /** What the model said. */
  readonly answer: ChatAnswer;
  /** What was said before, as much of it as the model could read. */
  readonly turns: readonly Turn[];
}

/**
 * Asks, with ever less of what was said before while it is more than the model can read.
 *
 * @throws {BackendError} where there is no answer.
 */
export async function chat(
  server: ChatServer,
  conversation: Conversation,
  signal: AbortSignal,
): Promise<Chat> {
  let { turns } = conversation;
  for (;;) {
    const answer = await ask(server, { ...conversation, turns }, signal);
    if (answer !== undefined) {
      if (new TextEncoder().encode(answer.text).length > MAX_ANSWER_BYTES) {
        throw new BackendError(
          "final",
          `The answer of ${server.server} is larger than ${
            MAX_ANSWER_BYTES / 1024 / 1024
          } MiB`,
          { failure: "too_large" },
        );
      }
      return { answer, turns };
    }
    if (turns.length === 0) {
      throw new BackendError(
        "final",
        `The question alone is longer than the model at ${server.server} can read`,
        { failure: "refused", hint: "take a model that may read more at once" },
      );
    }
    turns = turns.slice(Math.ceil(turns.length / 2));
  }
}
