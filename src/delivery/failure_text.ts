/** What a sender is told when a message was given up: from this table, never in the back end's words. */
import { cleanText } from "../a2a/clean_text.ts";
import type { Origin } from "../backends/backend.ts";
import { BackendError, type FailureKind } from "../errors.ts";

const TO_PEER = "This message could not be processed.";

/** What happened, and what a person can do about it. */
const TO_PERSON: Readonly<Record<FailureKind, string>> = {
  timeout:
    "Sorry, this took longer than I may work on one message, so I stopped. Please ask for less at a time.",
  too_large:
    "Sorry, my answer became too large to be sent. Please ask for less at a time.",
  not_ready:
    "Sorry, I am not set up properly at the moment. Please tell the operator of this agent.",
  too_many_steps:
    "Sorry, this took more steps than I may take for one message, so I stopped. Please ask for less at a time.",
  limit:
    "Sorry, I have used up what I may use for now. Please try again later, or tell the operator of this agent.",
  refused: "Sorry, I cannot answer this message. Please put it in other words.",
  failed:
    "Sorry, I could not answer this message. Please try again; if it happens again, tell the operator of " +
    "this agent.",
};

/** Longest of an operator's own words, in characters as people count them. */
const MAX_OWN_CHARS = 500;

/** An operator's own words as one paragraph; empty where they say nothing. */
function ownWords(text: string | undefined): string {
  const line = cleanText(text ?? "").replace(/\s+/g, " ").trim();
  // No character as people count them has more code units here than these.
  const head = line.slice(0, MAX_OWN_CHARS * 20);
  const characters = [...new Intl.Segmenter().segment(head)]
    .map(({ segment }) => segment);
  return characters.length <= MAX_OWN_CHARS
    ? head
    : `${characters.slice(0, MAX_OWN_CHARS - 1).join("").trimEnd()}…`;
}

/**
 * The sentence for a sender: peers learn nothing of what goes on here. `unusable` says, fit for everybody, why the back
 * end cannot be used; empty where nobody knows.
 */
export function failureText(
  origin: Origin,
  error?: unknown,
  unusable = "",
): string {
  if (origin === "peer") return TO_PEER;
  if (!(error instanceof BackendError)) return TO_PERSON.failed;
  if (error.failure === "not_ready") {
    return unusable || ownWords(error.publicText) || TO_PERSON.not_ready;
  }
  // A back end in plain JavaScript may use a word that does not exist.
  return ownWords(error.publicText) || TO_PERSON[error.failure] ||
    TO_PERSON.failed;
}

/** The sentence for a sender whose answer was there and was lost: a person may have seen it all the same. */
export function lostText(origin: Origin): string {
  return origin === "peer"
    ? TO_PEER
    : "Sorry, an answer of mine was lost before I could be sure that you got it. Please ask again if you miss one.";
}
