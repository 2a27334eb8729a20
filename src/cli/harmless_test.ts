import { assertEquals } from "@std/assert";
import { column, cut, harmless } from "./harmless.ts";

for (
  const [what, given, shown] of [
    ["an escape sequence", "\x1b[31mred\x9b0m", "\\u001b[31mred\\u009b0m"],
    ["line breaks", "a\r\nb\u2028c", "a\\r\\nb\\u2028c"],
    ["another direction", "a\u202eb", "a\\u202eb"],
    ["half a character", "a\ud83d", "a\ufffd"],
    ["other scripts", "Grüße, 漢字 😀", "Grüße, 漢字 😀"],
  ] as const
) {
  Deno.test(`harmless() shows ${what}`, () => {
    assertEquals(harmless(given), shown);
  });
}

for (
  const [text, columns, shown] of [
    ["abc", 3, "abc"],
    ["abcd", 3, "ab…"],
    ["漢字漢字", 4, "漢…"],
    ["漢字", 4, "漢字"],
    ["😀😀😀", 5, "😀😀…"],
    ["x".repeat(1_000_000), 4, "xxx…"],
  ] as const
) {
  Deno.test(`cut() fits ${text.slice(0, 8)} into ${columns} columns`, () => {
    assertEquals(cut(text, columns), shown);
  });
}

Deno.test("column() fills up", () => {
  assertEquals(column("ab", 4), "ab  ");
  assertEquals(column("漢字漢字", 4), "漢… ");
});
