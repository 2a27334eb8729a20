import { assertEquals } from "@std/assert";
import { plainText } from "./plain_text.ts";

const CASES: Readonly<Record<string, readonly [string, string]>> = {
  "keeps text, newlines and tabs": ["a\n\tb ä 🙂", "a\n\tb ä 🙂"],
  "drops colours": ["\x1b[1;31mred\x1b[0m", "red"],
  "drops cursor movements": ["a\x1b[2K\x1b[1Gb\x1b[?25l", "ab"],
  "drops titles": ["\x1b]0;title\x07a\x1b]2;t\x1b\\b", "ab"],
  "keeps the text of a link": [
    "\x1b]8;;https://x.example\x1b\\here\x1b]8;;\x1b\\",
    "here",
  ],
  "drops device strings": ["\x1bPq#0\x1b\\a", "a"],
  "drops short escapes": ["\x1b(Ba\x1b7b\x1bc", "ab"],
  "drops eight-bit sequences": ["\x9b31ma\x9d0;t\x9cb", "ab"],
  "drops control characters": ["a\x00b\x07c\x08d\x7fe\x85f", "abcdef"],
  "makes line ends plain": ["a\r\nb\rc\r\r\nd", "a\nb\nc\nd"],
  "loses no text to a sequence without its end": [
    "\x1b]0;no end, \x1b[31mred",
    "0;no end, red",
  ],
};

for (const [claim, [text, expected]] of Object.entries(CASES)) {
  Deno.test(`plainText() ${claim}`, () => {
    assertEquals(plainText(text), expected);
  });
}
