/** Which outside channel a message came from, and so where its answer goes. */
import type { InboundMessage, Origin } from "../backends/backend.ts";
import { parseMessage } from "../a2a/message.ts";
import { parseRow } from "../platform/row.ts";
import { isAddressable } from "../platform/segment.ts";
import type { DeadLetter } from "./dead_letter.ts";

/** No real id is longer. It was chosen by whoever wrote the request, and stands in the state until the answer is taken. */
const MAX_ID_CHARS = 200;

/** Channels that only tell: there is nobody behind them to answer to. */
const ONE_WAY: readonly string[] = ["github"];

/** An outside channel. */
export interface Channel {
  /** What kind it is, such as `telegram`. */
  readonly source: string;
  /** Its id; empty where it has none that a request could name. */
  readonly id: string;
  /** Whether an answer can be sent to it. */
  readonly hasWayBack: boolean;
}

/** The channel of the request body `raw`. */
export function channelOf(raw: unknown): Channel {
  const { source, channel_id: id } = parseMessage(raw).requestMetadata;
  const kind = typeof source === "string" ? source : "";
  const isUsable = typeof id === "string" && id !== "" &&
    id.length <= MAX_ID_CHARS && isAddressable(id);
  return {
    source: kind,
    id: isUsable ? id : "",
    hasWayBack: isUsable && !ONE_WAY.includes(kind.toLowerCase()),
  };
}

/** What tells a channel from every other one. */
export function channelKey({ source, id }: Channel): string {
  return JSON.stringify([source, id]);
}

/** Whether a dead letter is about a message of an outside channel. */
export function isOfChannel({ kind, payload }: DeadLetter): boolean {
  if (kind === "reply") return Object(payload).origin === "channel";
  const { source } = channelOf(parseRow(payload)?.requestBody);
  return source !== "" && source !== "canvas_user";
}

/** Where the message of a dead letter came from. */
export function originOf(letter: DeadLetter): Origin {
  if (letter.caller_id !== "") return "peer";
  return isOfChannel(letter) ? "channel" : "canvas";
}

/** Whether an answer to `message` can get to whoever wrote it. */
export function hasWayBack(
  message: Pick<InboundMessage, "origin" | "raw">,
): boolean {
  return message.origin !== "channel" || channelOf(message.raw).hasWayBack;
}
