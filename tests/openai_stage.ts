/** A model on loopback, for tests of the back end `openai`. */
import type { Backend } from "../src/backends/backend.ts";
import { createBackend } from "../src/backends/registry.ts";
import { type RecordedRequest, testContext } from "../src/testing/mod.ts";
import type { HttpStage } from "./http_stage.ts";

/** A key that no text may show. */
export const KEY = "sk-test-0123456789";

/** An answer of the model. */
export function completion(content: unknown, more: object = {}): Response {
  return Response.json({
    choices: [{ message: { role: "assistant", content }, ...more }],
    usage: { prompt_tokens: 5, completion_tokens: 2 },
  });
}

/** A message to the model. */
export interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

/** The messages in a request. */
export function messagesOf(request: RecordedRequest): ChatMessage[] {
  return request.json.messages;
}

/** A model that repeats the question. */
export function echo(request: RecordedRequest): Response {
  return completion(`re: ${messagesOf(request).at(-1)!.content}`);
}

/** The back end before `stage`. */
export function openai({ url }: HttpStage, more: Record<string, string> = {}) {
  return createBackend("openai", { url, model: "m", ...more });
}

/** What keeps a back end from being ready. */
export async function notReady(backend: Backend) {
  const readiness = await backend.check!(testContext().signal);
  if (readiness.ready) throw new Error("it is ready");
  return readiness;
}
