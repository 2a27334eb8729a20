import { assertEquals } from "@std/assert";
import { AnswerText } from "./answer_text.ts";

function chunk(text: unknown, messageId?: string) {
  return { content: { type: "text", text }, messageId };
}

Deno.test("AnswerText: pieces of one message are one text, messages are paragraphs", () => {
  const answer = new AnswerText(100);
  for (const text of ["one ", "text"]) answer.add(chunk(text, "1"));
  answer.add(chunk("another", "2"));
  assertEquals(answer.text(), "one text\n\nanother");
});

Deno.test("AnswerText: what was said before the last tool is left out, unless nothing follows", () => {
  const answer = new AnswerText(100);
  answer.toolUsed();
  answer.add(chunk("I look"));
  answer.toolUsed();
  answer.toolUsed();
  assertEquals(answer.text(), "I look");
  answer.add(chunk(" \n"));
  assertEquals(answer.text(), "I look");
  answer.add(chunk("found"));
  assertEquals(answer.text(), " \nfound");
});

Deno.test("AnswerText: bytes are counted, not characters, and no more is kept", () => {
  const answer = new AnswerText(8);
  answer.add(chunk("🙂🙂"));
  assertEquals(answer.overflowed, false);
  answer.add(chunk("x"));
  assertEquals(answer.overflowed, true);
  assertEquals(answer.text(), "🙂🙂");
});

Deno.test("AnswerText: what is no text is left out", () => {
  const answer = new AnswerText(100);
  answer.add({ content: { type: "image", data: "AAAA" } });
  answer.add({ content: "text" });
  answer.add(chunk(7));
  answer.add(chunk(""));
  answer.add({});
  assertEquals(answer.text(), "");
});
