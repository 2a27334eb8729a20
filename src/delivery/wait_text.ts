/** What a sender is told whose message waits for a back end that pauses. */
import type { Origin } from "../backends/backend.ts";

const TO_PEER = "This message waits and will be answered later.";
const TO_PERSON =
  "I cannot answer at the moment. Your message waits, and will be answered";
const MINUTE_MS = 60_000;

/** The sentence for a sender: people are told when it goes on, in ms since 1970, where that is known. */
export function waitText(origin: Origin, untilMs?: number): string {
  if (origin === "peer") return TO_PEER;
  if (untilMs === undefined) return `${TO_PERSON} when I can go on.`;
  const minute = Math.ceil(untilMs / MINUTE_MS) * MINUTE_MS;
  return `${TO_PERSON} after ${
    new Date(minute).toISOString().slice(11, 16)
  } UTC.`;
}

/** Whether `text` is one of those sentences. */
export function isWaitText(text: string): boolean {
  return text === TO_PEER || text.startsWith(TO_PERSON);
}
