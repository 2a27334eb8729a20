/** Reads what a webhook answered with a 2xx. It has had the message: an answer that makes no sense is not asked for again. */
import { parseMessage } from "../../a2a/message.ts";
import type { Part } from "../../a2a/part.ts";
import { BackendError } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import { type Reply, textReply } from "../backend.ts";
import type { Answer } from "../http/exchange.ts";
import { isHtml, jsonObject } from "../http/refusal.ts";
import { MAX_ANSWER_BYTES } from "../command/run_command.ts";

const NO_CONTENT = 204;

/**
 * Whether `part` can be sent: as it is, or where it is a file that has only an address on the web, as that address. It is
 * never fetched, and an address of another kind could be of anybody's file.
 */
function isWhole(part: Part): boolean {
  return part.kind !== "file" || part.file.bytes !== undefined ||
    /^https?:\/\//i.test(part.file.uri ?? "");
}

function partsReply(given: readonly unknown[], log: Logger): Reply {
  const parts = parseMessage({ parts: given }).parts.filter(isWhole);
  const lost = given.length - parts.length;
  if (lost > 0) {
    log.warn("parts of the webhook's answer were left out", {
      parts: lost,
      hint:
        "a part is a text, data, or a file with its bytes in base64 or an address on the web",
    });
  }
  if (lost > 0 && parts.length === 0) {
    throw wrong("none of its parts can be sent");
  }
  return {
    parts: parts.filter((part) => part.kind !== "text" || part.text !== ""),
  };
}

function wrong(what: string): BackendError {
  return new BackendError(
    "final",
    `The webhook's answer is not usable: ${what}`,
    {
      hint:
        `it must be JSON {"text":…} or {"parts":[…]}, or text/plain, or HTTP 204 for no reply`,
    },
  );
}

function jsonReply(text: string, log: Logger): Reply {
  const body = jsonObject(text);
  if (body === undefined) throw wrong("it is no JSON object");
  if (Array.isArray(body.parts)) return partsReply(body.parts, log);
  if (typeof body.text === "string") return textReply(body.text);
  throw wrong("its JSON has neither a text nor parts");
}

function readReply(answer: Answer, log: Logger): Reply {
  const { status, type, text } = answer;
  if (status === NO_CONTENT) return textReply("");
  if (isHtml(answer)) throw wrong("it is a web page");
  if (text.trim() === "") throw wrong("it is empty");
  if (type === "text/plain") return textReply(text);
  if (type === "" || type === "application/json" || type.endsWith("+json")) {
    return jsonReply(text, log);
  }
  throw wrong(`its type is ${JSON.stringify(type)}`);
}

/**
 * The reply in `answer`.
 *
 * @throws {BackendError} `final` where there is none to be read, or where it is too large.
 */
export function webhookReply(answer: Answer, log: Logger): Reply {
  const reply = readReply(answer, log);
  const said = reply.parts.filter((part) => part.kind !== "file")
    .map((part) => part.kind === "text" ? part.text : JSON.stringify(part));
  const bytes = new TextEncoder().encode(said.join("")).length;
  if (bytes <= MAX_ANSWER_BYTES) return reply;
  throw new BackendError(
    "final",
    `The webhook's answer is larger than ${MAX_ANSWER_BYTES / 1024 / 1024} MiB`,
    { failure: "too_large" },
  );
}
