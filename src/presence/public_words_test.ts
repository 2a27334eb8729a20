import { assertEquals } from "@std/assert";
import { publicWords } from "./public_words.ts";

const WORDS: readonly (readonly [text: string, shown: string])[] = [
  [
    "claude is not logged in; run /login",
    "claude is not logged in; run /login",
  ],
  [`Cannot find "/home/op/bin/claude"`, `Cannot find "claude"`],
  ["/Users/op/x.sh does not exist", "x.sh does not exist"],
  ["C:\\Users\\op\\x.cmd is none", "x.cmd is none"],
  ["~/secret/thing is no directory", "thing is no directory"],
  ["/home/a user/answer.sh is none", "~/answer.sh is none"],
  [
    "http://127.0.0.1:1/v1/models says 401",
    "http://127.0.0.1:1/v1/models says 401",
  ],
  ["give url and/or key", "give url and/or key"],
  ["two\n\x1b[31mlines\x1b[0m", "two lines"],
];
for (const [text, shown] of WORDS) {
  Deno.test(`publicWords() makes ${JSON.stringify(shown)} of ${JSON.stringify(text)}`, () => {
    assertEquals(publicWords(text, "/home/a user"), shown);
  });
}

Deno.test("publicWords() are few", () => {
  assertEquals([...publicWords("😀".repeat(1_000))].length, 300);
});
