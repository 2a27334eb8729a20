/** The end of a message that no back end answered: it goes to the dead letters, and its sender is told once. */
import { cleanParts } from "../a2a/clean_text.ts";
import type { ConnectEvent } from "../connection.ts";
import { reached } from "../crash_points.ts";
import { shortId } from "../short_id.ts";
import { hasWayBack } from "./channel.ts";
import type { LetterName } from "./dead_letter.ts";
import { letterId } from "./dead_letter.ts";
import { deadLetter, type DeadLetters } from "./dead_letters.ts";
import { type Delivery, who } from "./delivery.ts";
import type { Configuration } from "../presence/configuration.ts";
import { failureText } from "./failure_text.ts";
import { saveAnswer, type SaveAnswerOptions } from "./save_answer.ts";

/** What giving up needs. */
export interface GiveUpOptions extends SaveAnswerOptions {
  readonly deadLetters: DeadLetters;
  readonly emit: (event: ConnectEvent) => void;
  /** Whether the back end can be used. */
  readonly configuration: Configuration;
  /** Marks the row as finished, so that the cursor may pass. */
  readonly finish: (delivery: Delivery) => void;
  /** There is something new in the outbox. */
  readonly replySaved: () => void;
}

function letterOf(delivery: Delivery): LetterName {
  return {
    kind: "message",
    row: delivery.message.activityId,
    retry: delivery.retry?.n ?? 0,
    message_id: "",
  };
}

/** Writes the message's dead letter, then ends it. */
export async function giveUp(
  options: GiveUpOptions,
  delivery: Delivery,
  attempts: number,
  why: string,
  error?: unknown,
): Promise<void> {
  const { journal, deadLetters, workspaceId } = options;
  const { kind, row, retry } = letterOf(delivery);
  const letter = deadLetter(kind, workspaceId, row, {
    caller_id: delivery.message.callerId,
    retry,
    reason: why,
    attempts,
    payload: delivery.row,
  });
  await journal.untilWritten(() => deadLetters.save(letter));
  reached("dead letter written");
  await endGivenUp(options, delivery, attempts, why, error);
}

/**
 * Whether the message has its letter already: the connector ended between writing it and saving that the message is
 * over. Another turn now could answer what is among the dead.
 */
export async function wasGivenUp(
  options: GiveUpOptions,
  delivery: Delivery,
): Promise<boolean> {
  const { journal, deadLetters } = options;
  let is = false;
  await journal.untilWritten(async () => {
    is = await deadLetters.has(letterOf(delivery));
  });
  return is;
}

/** Ends a message that has its letter: its sender is told, unless an operator's retry failed, and the cursor may pass. */
export async function endGivenUp(
  options: GiveUpOptions,
  delivery: Delivery,
  attempts: number,
  why: string,
  error?: unknown,
): Promise<void> {
  const { journal, deadLetters, finish, emit, replySaved, log, configuration } =
    options;
  const { message } = delivery;
  const letter = letterOf(delivery);
  // Of a try that an operator asked for the sender knows nothing: one failure is told once.
  if (hasWayBack(message) && delivery.retry === undefined) {
    const text = failureText(message.origin, error, configuration.error);
    const parts = cleanParts([{ kind: "text", text }]);
    saveAnswer(options, delivery, "failure", parts, {});
  }
  finish(delivery);
  reached("given up");
  await journal.commit();
  reached("given up saved");
  log.error("A message was given up and stands in the dead letters", {
    row: shortId(letter.row),
    attempts,
    reason: why,
    ...deadLetters.where(letter),
  });
  const given = { reason: why, letter: letterId(letter) };
  emit({ type: "dead_letter", ...who(delivery), ...given });
  replySaved();
}
