import { assert, assertEquals, assertMatch } from "@std/assert";
import { cutAt, graphemeCut } from "./cut_text.ts";
import { openFence } from "./fence.ts";
import { beginning, bubblesOf, MAX_BUBBLE_CHARS } from "./long_text.ts";

const paragraph = (n: number, chars = 900) =>
  `Paragraph ${n}: ${"word ".repeat(chars / 5)}`.trim();
const paragraphs = (count: number, chars?: number) =>
  Array.from({ length: count }, (_, i) => paragraph(i, chars)).join("\n\n");

/** Characters as people count them that take several units. */
const WHOLE: readonly (readonly [string, string])[] = [
  ["an emoji", "😀"],
  ["a family", "👨‍👩‍👧‍👦"],
  ["a skin tone", "👍🏽"],
  ["a flag", "🇩🇪"],
  ["a combining accent", "e\u0301"],
  ["a Hangul syllable of pieces", "\u1112\u1161\u11ab"],
  ["a keycap", "1\ufe0f\u20e3"],
];
for (const [what, character] of WHOLE) {
  Deno.test(`no cut goes through ${what}`, () => {
    const text = character.repeat(40);
    for (let most = 1; most < text.length; most++) {
      const end = graphemeCut(text, most);
      assert(end <= most);
      if (most >= character.length) assertEquals(end % character.length, 0);
      assert(text.slice(0, end).isWellFormed());
    }
    assertEquals(graphemeCut(text, text.length), text.length);
  });
}

Deno.test("a character without end is cut between its code points", () => {
  const text = `a${"\u0301".repeat(50)}`;
  assertEquals(graphemeCut(text, 20), 20);
  assertEquals(graphemeCut(`😀${"\u200d😀".repeat(20)}`, 10), 9 + 1 - 1);
});

Deno.test("a cut is made at the best border of the second half", () => {
  const at = (text: string) => text.slice(0, cutAt(text, 20));
  assertEquals(at("one two three\n\nfour.\nfive six"), "one two three\n\n");
  assertEquals(at("one two three\nfour. five six"), "one two three\n");
  assertEquals(at("one two three. four five six"), "one two three. ");
  assertEquals(at("one two three, four five six"), "one two three, four ");
  assertEquals(at("a\n\nonetwothreefourfivesix"), "a\n\nonetwothreefourfi");
  assertEquals(at("short"), "short");
});

Deno.test("open fences are found, closed ones and pieces of code are not", () => {
  assertEquals(openFence("a\n```ts\nb"), { line: "```ts", close: "```" });
  assertEquals(openFence("~~~~\n```\n~~~\nb"), { line: "~~~~", close: "~~~~" });
  assertEquals(openFence("- a\n  ```sh\n  b"), {
    line: "  ```sh",
    close: "  ```",
  });
  const shut = ["```\na\n```", "```a``` b", "````\n```\n````", "a `` b"];
  for (const text of shut) assertEquals(openFence(text), undefined);
  const before = { line: "```ts", close: "```" };
  assertEquals(openFence("b\n```ts\nc", before), before);
  assertEquals(openFence("b\n```\nc", before), undefined);
  assertEquals(openFence(`\`\`\`${"x".repeat(200)}`)?.line, "```");
});

Deno.test("the beginning of a long text ends at a paragraph, and says where the rest is", () => {
  const text = paragraphs(50);
  const bubble = beginning(text);
  assert(bubble.length <= MAX_BUBBLE_CHARS);
  assert(bubble.length > MAX_BUBBLE_CHARS / 2);
  const [, shown = ""] = /^([^]*)\n\n\(.*answer\.md\)$/.exec(bubble) ?? [];
  assert(text.startsWith(`${shown}\n\nParagraph`), shown.slice(-50));
});

Deno.test("a fence that the cut leaves open is closed before the note", () => {
  const text = `Look:\n\n\`\`\`ts\n${"const a = 1;\n".repeat(2_000)}\`\`\`\n`;
  assertMatch(beginning(text), /const a = 1;\n```\n\n\(This is/);
  assert(beginning(text).length <= MAX_BUBBLE_CHARS);
});

Deno.test("a text that fits into ten bubbles is in them, whole and in order", () => {
  const text = paragraphs(60);
  const bubbles = bubblesOf(text);
  assert(bubbles.length > 5 && bubbles.length <= 10);
  assertEquals(bubbles.join("\n\n"), text);
  for (const bubble of bubbles) assert(bubble.length <= MAX_BUBBLE_CHARS);
});

Deno.test("of a longer text the last bubble says how much is missing", () => {
  const text = paragraphs(1_100); // about a megabyte
  const bubbles = bubblesOf(text, "Could not be attached: a.png.");
  assertEquals(bubbles.length, 10);
  for (const bubble of bubbles) assert(bubble.length <= MAX_BUBBLE_CHARS);
  const [, last = "", missing = ""] =
    /^([^]*)\n\n\(.* ([\d,]+) more characters.*\)\n\nCould not .* a\.png\.$/
      .exec(bubbles.at(-1)!) ?? [];
  const shown = [...bubbles.slice(0, -1), last].join("\n\n");
  assert(text.startsWith(shown));
  const left = text.length - shown.length;
  assert(Math.abs(left - Number(missing.replaceAll(",", ""))) <= 2);
});

Deno.test("a fence goes on in the next bubble, in its language", () => {
  const code = Array.from({ length: 3_000 }, (_, i) => `line ${i}`);
  const text = `Look:\n\n\`\`\`python\n${code.join("\n")}\n\`\`\`\n\nDone.`;
  const bubbles = bubblesOf(text);
  assert(bubbles.length > 2);
  for (const bubble of bubbles.slice(0, -1)) {
    assert(bubble.length <= MAX_BUBBLE_CHARS);
    assert(bubble.endsWith("\n```"));
  }
  for (const bubble of bubbles.slice(1)) {
    assert(bubble.startsWith("```python\nline "));
  }
  assert(bubbles.at(-1)!.endsWith("\n```\n\nDone."));
  const lines = bubbles.join("\n").split("\n").filter((line) =>
    line.startsWith("line ")
  );
  assertEquals(lines, code);
});

Deno.test("a short text is one bubble, with its note", () => {
  assertEquals(bubblesOf("hi"), ["hi"]);
  assertEquals(bubblesOf("hi", "no file"), ["hi\n\nno file"]);
});

Deno.test("a text of blanks makes no empty bubble", () => {
  const bubbles = bubblesOf(`a${"\n".repeat(30_000)}b`);
  assertEquals(bubbles.map((bubble) => bubble.trim()), ["a", "b"]);
});
