/** Whether a server with OpenAI's API can be used, as far as that can be told without a question that costs. */
import { BackendError } from "../../errors.ts";
import type { Readiness } from "../backend.ts";
import { exchange } from "../http/exchange.ts";
import { refusal } from "../http/refusal.ts";
import { secretReadiness } from "../http/secret.ts";
import { authorization, type ChatServer, told } from "./chat.ts";
import { modelsUrl } from "./url.ts";

/** A server that is slower than this at a list of models may be one that loads a model. */
const TIMEOUT_MS = 5_000;

/** A key may be good for chats alone: then the list is refused, and that says nothing. */
function saysNothing(status: number, text: string): boolean {
  const refuses = status === 401 && !/scope|permission/i.test(text);
  const redirects = status >= 300 && status < 400;
  return !refuses && !redirects;
}

/** Asks for the list of models. Ready wherever the answer leaves a doubt. */
export async function serverReadiness(
  server: ChatServer,
  signal: AbortSignal,
): Promise<Readiness> {
  if (server.key !== undefined) {
    const key = secretReadiness(server.key);
    if (!key.ready) return key;
  }
  try {
    const answer = await exchange({
      server: server.server,
      url: modelsUrl(server.url),
      method: "GET",
      headers: { accept: "application/json", ...authorization(server) },
      timeoutMs: TIMEOUT_MS,
      signal,
    });
    return saysNothing(answer.status, answer.text)
      ? { ready: true }
      : notReady(refusal(answer, told(server)));
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    // A time-out or a broken connection may be gone at the first message; that nobody is there is worth a look.
    return error.kind === "weather" || error.failure === "not_ready"
      ? notReady(error)
      : { ready: true };
  }
}

function notReady({ message, hint = "" }: BackendError): Readiness {
  return { ready: false, reason: message, remedy: hint };
}
