/**
 * The back end `openai`: any server with OpenAI's chat completions. Each question goes with what was said before in its
 * conversation. What strangers write is a question and no more: no tool is run, no address in it is fetched.
 *
 * @module
 */
import { resolve } from "@std/path";
import { BackendError, reason, UsageError } from "../../errors.ts";
import {
  type Backend,
  type BackendContext,
  type BackendOptions,
  type InboundMessage,
  type Readiness,
  textReply,
} from "../backend.ts";
import { chatHistory } from "../common_options.ts";
import { contentText } from "../content_text.ts";
import { serverAddress } from "../http/address.ts";
import { jsonObject } from "../http/refusal.ts";
import { type Chat, chat, type ChatServer, told } from "./chat.ts";
import { serverReadiness } from "./check.ts";
import {
  type HistoryLimits,
  newestTurns,
  readHistory,
  turnsOfChat,
  writeHistory,
} from "./history.ts";
import { readKey } from "./key.ts";
import { chatUrl } from "./url.ts";
import { OptionReader } from "../option_reader.ts";
import type { BackendSpec } from "../spec.ts";

/** Members of the body that are ours: with others there were no answer, or one that nobody reads. */
const OWN_MEMBERS: readonly string[] = ["model", "messages", "stream"];

function readExtraBody(text: string): Readonly<Record<string, unknown>> {
  const body = text === "" ? {} : jsonObject(text);
  if (body === undefined) {
    throw new UsageError(
      `Option extra_body of the back end openai: ${
        JSON.stringify(text)
      } is no JSON object`,
      `write it as {"temperature":0.2}`,
    );
  }
  const own = OWN_MEMBERS.find((member) => Object.hasOwn(body, member));
  if (own === undefined) return body;
  throw new UsageError(
    `Option extra_body of the back end openai cannot set ${
      JSON.stringify(own)
    }`,
    own === "model" ? "give it as the option model" : "leave it out",
  );
}

function readServer(options: OptionReader): ChatServer {
  const url = chatUrl(
    serverAddress(
      options.text("url"),
      "url",
      "put the key into an environment variable, and name that as key_env",
    ),
  );
  return {
    url,
    server: `the server at ${url.origin}`,
    key: readKey(options.text("key_env"), url),
    model: options.text("model"),
    extraBody: readExtraBody(options.text("extra_body")),
    timeoutMs: options.duration("timeout"),
  };
}

/** The instructions in `file`, read for every question so that they can be changed at any time. */
async function readSystem(
  file: string | undefined,
): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    const text = await Deno.readTextFile(file);
    return text.trim() === "" ? undefined : text;
  } catch (error) {
    throw new BackendError(
      "final",
      `Cannot read the system prompt: ${reason(error)}`,
      { failure: "not_ready", hint: "check the option system_file" },
    );
  }
}

/** A model gets no empty question: some make up their own. */
function questionOf(message: InboundMessage): string {
  const content = contentText(message);
  if (content.trim() !== "") return content;
  const kinds = message.parts.map((part) => part.kind).join(", ");
  return `(The message has no text. Its parts: ${
    kinds === "" ? "none" : kinds
  }.)`;
}

/** Keeps the turn with those before it. It is done before the answer leaves: what was told must be known. */
async function remember(
  { answer, turns }: Chat,
  question: string,
  row: string,
  limits: HistoryLimits,
  { session, log }: BackendContext,
): Promise<void> {
  // Servers refuse a history with an empty answer in it.
  if (limits.turns === 0 || answer.text === "") return;
  const turn = { row, user: question, assistant: answer.text };
  const kept = newestTurns([...turns, turn], limits);
  if (kept.length === 0) {
    log.warn(
      "the question and its answer are too long to be remembered: the conversation begins anew",
      { hint: "raise the option history_chars" },
    );
  }
  await session.keep(writeHistory(kept));
}

function createOpenai(given: BackendOptions): Backend {
  const options = new OptionReader(openaiSpec, given);
  const server = readServer(options);
  const limits = {
    turns: options.count("history"),
    chars: options.count("history_chars"),
  };
  const withChat = options.oneOf("chat_history", ["on", "off"]) === "on";
  const file = options.text("system_file");
  const systemFile = file === "" ? undefined : resolve(file);
  return {
    name: openaiSpec.name,
    secrets: told(server).secrets,
    async handle(message, context) {
      const { signal, session, log } = context;
      signal.throwIfAborted();
      const row = message.activityId;
      // Of a row that was answered and not handed on before a crash, the first answer was never seen.
      const own = readHistory(session.kept).filter((turn) => turn.row !== row);
      const before = own.length > 0 || !withChat
        ? own
        : turnsOfChat(context.history);
      const question = questionOf(message);
      const outcome = await chat(server, {
        system: await readSystem(systemFile),
        turns: newestTurns(before, limits),
        question,
      }, signal);
      const { text, cutOff, usage } = outcome.answer;
      if (cutOff) {
        log.warn("the model cut its answer off at its longest length", {
          hint: `raise it, such as extra_body={"max_tokens":4000}`,
        });
      }
      await remember(outcome, question, row, limits, context);
      return { ...textReply(text), ...(usage === undefined ? {} : { usage }) };
    },
    async check(signal): Promise<Readiness> {
      try {
        await readSystem(systemFile);
      } catch (error) {
        if (!(error instanceof BackendError)) throw error;
        const { message, hint = "" } = error;
        return { ready: false, reason: message, remedy: hint };
      }
      return await serverReadiness(server, signal);
    },
  };
}

/** The back end `openai`. */
export const openaiSpec: BackendSpec = {
  name: "openai",
  description:
    "Asks a model at any server with OpenAI's chat completions: OpenAI, Ollama, vLLM, LM Studio, llama.cpp, OpenRouter and others. It remembers each conversation, also over restarts.",
  options: [
    {
      name: "model",
      value: "NAME",
      required: true,
      description: "The model, as the server calls it.",
    },
    {
      name: "url",
      value: "URL",
      default: "https://api.openai.com/v1",
      description:
        "The server's address, with or without /v1, or the whole address that ends in /chat/completions; Ollama's is http://127.0.0.1:11434.",
    },
    {
      name: "key_env",
      value: "VARIABLE",
      description:
        "The environment variable that holds the server's key; absent: OPENAI_API_KEY for api.openai.com, and no key for any other server.",
    },
    {
      name: "system_file",
      value: "FILE",
      description:
        "A file with the system prompt, read again for every message.",
    },
    {
      name: "history",
      value: "NUMBER",
      default: "20",
      description:
        "How many questions and answers of the conversation go along with a message; 0: none, every message stands alone.",
    },
    {
      name: "history_chars",
      value: "NUMBER",
      default: "40000",
      description:
        "How many characters they may have together; the oldest are left out first, also where the server says that it is too much.",
    },
    chatHistory(
      "Asks with what stood in the person's chat before the message, where the platform sent it and this side remembers nothing of the conversation.",
    ),
    {
      name: "extra_body",
      value: "JSON",
      description:
        `More members of each request, such as {"temperature":0.2,"max_tokens":2000}.`,
    },
    {
      name: "timeout",
      value: "DURATION",
      default: "5m",
      description:
        "Longest time until an answer has come; a local model may need more.",
    },
  ],
  example:
    `molecule connect <workspace-id> --backend openai --backend-opt url=http://127.0.0.1:11434 --backend-opt model=llama3.2`,
  create: createOpenai,
};
