/** The answer of a turn, out of the pieces in which an agent tells it. */
import { type JsonObject, jsonObject } from "./connection.ts";

/** What an agent said in a turn. */
export class AnswerText {
  readonly #maxBytes: number;
  #bytes = 0;
  /** What was said between two uses of tools, in order; each has its messages. */
  #stretches: string[][] = [[]];
  #messageId: unknown;

  /** Nothing was said yet; more than `maxBytes` of UTF-8 are not kept. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Whether there was more than may be kept. */
  get overflowed(): boolean {
    return this.#bytes > this.#maxBytes;
  }

  /** Takes an `agent_message_chunk`. Pictures and sounds have no place in a chat's text. */
  add({ content, messageId }: JsonObject): void {
    const { type, text } = jsonObject(content);
    if (type !== "text" || typeof text !== "string" || text === "") return;
    this.#bytes += new TextEncoder().encode(text).length;
    if (this.overflowed) return;
    const messages = this.#stretches.at(-1)!;
    if (messages.length === 0 || messageId !== this.#messageId) {
      messages.push(text);
    } else messages[messages.length - 1] += text;
    this.#messageId = messageId;
  }

  /** A tool was used, or asked for: what is said from now on is something new. */
  toolUsed(): void {
    if (this.#stretches.at(-1)!.length > 0) this.#stretches.push([]);
  }

  /** What the agent said after its last use of a tool; where that is nothing, everything that it said. */
  text(): string {
    const texts = this.#stretches.map((messages) => messages.join("\n\n"));
    const last = texts.at(-1)!;
    return last.trim() !== "" ? last : texts.join("\n\n").trim();
  }
}
