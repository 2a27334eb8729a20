import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../errors.ts";
import { splitArgs } from "./split_args.ts";

const CASES: readonly (readonly [string, readonly string[]])[] = [
  ["", []],
  ["   ", []],
  ["--model sonnet", ["--model", "sonnet"]],
  ["  a\t b\nc ", ["a", "b", "c"]],
  [`--allowedTools "Bash(git log:*)" Read`, [
    "--allowedTools",
    "Bash(git log:*)",
    "Read",
  ]],
  [`--x='a b'c"d e"`, ["--x=a bcd e"]],
  [`--setting-sources ""`, ["--setting-sources", ""]],
  [`'' x`, ["", "x"]],
  [`'a\\b'`, ["a\\b"]],
  [`"a\\"b"`, [`a"b`]],
  [`a\\ b`, ["a b"]],
  [`a\\\\b`, [`a\\b`]],
  [`C:\\dir\\file`, [`C:\\dir\\file`]],
  [`end\\`, [`end\\`]],
  [`$HOME; rm -rf / | x > y`, [
    "$HOME;",
    "rm",
    "-rf",
    "/",
    "|",
    "x",
    ">",
    "y",
  ]],
];

for (const [line, expected] of CASES) {
  Deno.test(`splitArgs() splits ${JSON.stringify(line)}`, () => {
    assertEquals(splitArgs(line, "args"), [...expected]);
  });
}

for (const line of [`"a`, `a 'b`, `a"b\\"`]) {
  Deno.test(`splitArgs() refuses the open quote in ${line}`, () => {
    assertThrows(() => splitArgs(line, "args"), UsageError, "Option args");
  });
}
