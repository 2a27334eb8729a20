/**
 * What stood in the person's chat before a message: older platforms send it along. None at all, where there could be some,
 * is how they say that the person began a new session.
 */
import { cleanText } from "../a2a/clean_text.ts";
import { parseMessage } from "../a2a/message.ts";
import type { HistoryEntry, InboundMessage } from "../backends/backend.ts";
import type { Attempt } from "../state/state.ts";
import type { Delivery } from "./delivery.ts";
import { RESET_REPLY } from "./reset.ts";

/** The platform sends no more of them. */
const MAX_ENTRIES = 20;
/** So many characters of them are kept, all together: the newest. */
const MAX_CHARS = 100_000;

type ChatMessage = Pick<InboundMessage, "origin" | "raw">;

/** What the platform sent as history; undefined for nothing, and for whoever is no person: they may write anything there. */
function sent({ origin, raw }: ChatMessage): readonly unknown[] | undefined {
  if (origin !== "canvas") return undefined;
  const { history } = parseMessage(raw).requestMetadata;
  return Array.isArray(history) ? history : undefined;
}

/** Whether the person began a new session before this message. */
export function beginsChatAnew(message: ChatMessage): boolean {
  return sent(message)?.length === 0;
}

/** Whether this message is the one that takes its conversation to a new session, and has not done so: once, and no retry. */
export function leavesOldChat(
  { message, retry }: Pick<Delivery, "message" | "retry">,
  before: Attempt | undefined,
): boolean {
  return before?.anew !== true && retry === undefined &&
    beginsChatAnew(message);
}

function entryOf(bubble: unknown): HistoryEntry | undefined {
  const role = Object(bubble).role;
  if (role !== "user" && role !== "agent") return undefined;
  const text = cleanText(parseMessage(bubble).text);
  return text.trim() === "" ? undefined : { role, text };
}

/** The bubbles before this message, oldest first: those after the last new session, as many as are within bounds. */
export function chatHistory(message: ChatMessage): readonly HistoryEntry[] {
  const entries = (sent(message) ?? []).slice(-MAX_ENTRIES).map(entryOf)
    .filter((entry) => entry !== undefined);
  const reset = entries.findLastIndex(({ role, text }) =>
    role === "agent" && text === RESET_REPLY
  );
  const since = entries.slice(reset + 1);
  let chars = 0;
  const older = since.findLastIndex(({ text }) => {
    chars += text.length;
    return chars > MAX_CHARS;
  });
  return since.slice(older + 1);
}
