import { assert, assertEquals } from "@std/assert";
import { cleanJson, cleanParts, cleanText } from "./clean_text.ts";

const TEXTS: readonly (readonly [what: string, text: string, clean: string])[] =
  [
    ["keeps newlines and tabs", "a\n\tb", "a\n\tb"],
    ["makes LF of CR LF", "a\r\nb", "a\nb"],
    ["removes a lone CR", "a\rb\r\r\nc", "ab\nc"],
    ["removes U+0000", "a\0b", "ab"],
    ["removes C0 controls", "\x01\x08\x0b\x0c\x0e\x1b\x1f", ""],
    ["removes colours", "\x1b[1;31mred\x1b[0m \x9b4mline", "red line"],
    [
      "removes links and titles",
      "\x1b]8;;https://x.example\x07here\x1b]8;;\x1b\\\x1b]0;t\x07",
      "here",
    ],
    ["removes movements of the cursor", "\x1b[2J\x1b[1;1Ha\x1b7\x1b(B", "a"],
    [
      "takes nothing but the sequence that is broken",
      "a\x1b]0;b\nc\x1b[",
      "a0;b\nc",
    ],
    [
      "removes overrides of the direction",
      "a\u202egnp.\u2066\u2069b",
      "agnp.b",
    ],
    ["keeps marks of a direction", "\u200fא\u200e", "\u200fא\u200e"],
    ["removes DEL and C1 controls", "a\x7f\x80\x85\x9fb", "ab"],
    ["removes a lone high surrogate", "a\ud83d!", "a!"],
    ["removes a lone low surrogate", "\ude00a", "a"],
    ["keeps whole pairs", "😀👨‍👩‍👧", "😀👨‍👩‍👧"],
    [
      "keeps letters of every script",
      "äé漢字\u00a0\u2028",
      "äé漢字\u00a0\u2028",
    ],
    ["leaves an empty text empty", "", ""],
  ];
for (const [what, text, clean] of TEXTS) {
  Deno.test(`cleanText() ${what}`, () => assertEquals(cleanText(text), clean));
}

Deno.test("a clean text is well-formed, and cleaning it again changes nothing", () => {
  for (let i = 0; i < 2_000; i++) {
    const units = Array.from(
      { length: 8 },
      () =>
        [
          0,
          9,
          10,
          13,
          27,
          65,
          91,
          0x9b,
          0xd83d,
          0xde00,
          0x202e,
        ][Math.floor(Math.random() * 11)]!,
    );
    const clean = cleanText(String.fromCharCode(...units));
    assert(clean.isWellFormed());
    for (const unit of "\0\r\x1b\x9b\u202e") assert(!clean.includes(unit));
    assertEquals(cleanText(clean), clean);
  }
});

Deno.test("cleanJson() cleans every string, keys too, and leaves the rest", () => {
  assertEquals(
    cleanJson({
      "k\0ey": ["a\0", { b: "\ud800" }],
      n: 1.5,
      yes: true,
      none: null,
    }),
    { key: ["a", { b: "" }], n: 1.5, yes: true, none: null },
  );
});

Deno.test("cleanJson() keeps a member called __proto__ as a member", () => {
  const value = JSON.parse('{"__proto__":{"x":"a\\u0000"}}');
  assertEquals(JSON.stringify(cleanJson(value)), '{"__proto__":{"x":"a"}}');
});

Deno.test("cleanParts() cleans texts, names and data, and changes nothing in place", () => {
  const parts = [
    { kind: "text", text: "a\0" },
    { kind: "file", file: { name: "b\x01.txt", bytes: "QQ==" } },
    { kind: "data", data: { c: ["\x02"] } },
  ] as const;
  assertEquals(cleanParts(parts), [
    { kind: "text", text: "a" },
    { kind: "file", file: { name: "b.txt", bytes: "QQ==" } },
    { kind: "data", data: { c: [""] } },
  ]);
  assertEquals(parts[0].text, "a\0");
});
