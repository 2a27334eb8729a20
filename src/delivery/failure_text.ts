/** What a sender is told when a message was given up: from this table, never in the back end's words. */
import type { Origin } from "../backends/backend.ts";

const TO_PEER = "This message could not be processed.";
const TO_PERSON =
  "Sorry, I could not answer this message. Please try again; if it happens again, tell the operator of " +
  "this agent.";

/** The sentence for a sender. */
export function failureText(origin: Origin): string {
  return origin === "canvas" ? TO_PERSON : TO_PEER;
}
