/** What a person is told whom the operator's rules refuse: the chat would wait for ever. Nobody else is told. */
import type { Delivery } from "./delivery.ts";
import { saveAnswer, type SaveAnswerOptions } from "./save_answer.ts";

/** The sentence. */
export const REFUSED =
  "I take no messages from this chat. Whoever runs me decides who may ask.";

/** Tells the sender of a refused message, where it is a person; whether it did. Counts with the next commit. */
export function tellRefused(
  options: SaveAnswerOptions,
  delivery: Delivery,
): boolean {
  if (delivery.message.origin !== "canvas") return false;
  const parts = [{ kind: "text" as const, text: REFUSED }];
  saveAnswer(options, delivery, "refused", parts, {});
  return true;
}
