import { assertEquals } from "@std/assert";
import { nearest } from "./nearest.ts";

const NAMES = ["claude-code", "exec", "mock", "pass_meta"];

const CASES: readonly (readonly [string, string | undefined])[] = [
  ["claude", "claude-code"],
  ["claude_code", "claude-code"],
  ["Cluade-Code", "claude-code"],
  ["exce", "exec"],
  ["exe", "exec"],
  ["moc", "mock"],
  ["mokc", "mock"],
  ["mack", "mock"],
  ["pass-meta", "pass_meta"],
  ["passmeta", "pass_meta"],
  ["abcd", undefined],
  ["webhook", undefined],
  ["", undefined],
];

for (const [word, expected] of CASES) {
  Deno.test(`nearest() takes ${JSON.stringify(word)} for ${expected}`, () => {
    assertEquals(nearest(word, NAMES), expected);
  });
}

Deno.test("nearest() finds nothing among no names", () => {
  assertEquals(nearest("exec", []), undefined);
});
