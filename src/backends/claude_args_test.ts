import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../errors.ts";
import { claudeArgs } from "./claude_args.ts";

Deno.test("claudeArgs() prints JSON, without the settings and servers of whoever runs it", () => {
  assertEquals(claudeArgs(""), [
    "-p",
    "--output-format",
    "json",
    "--setting-sources",
    "",
    "--strict-mcp-config",
  ]);
});

Deno.test("claudeArgs() puts the operator's arguments last", () => {
  const args = claudeArgs(`--model sonnet --allowedTools "Bash(ls *)" Read`);
  assertEquals(args.slice(6), [
    "--model",
    "sonnet",
    "--allowedTools",
    "Bash(ls *)",
    "Read",
  ]);
});

for (
  const flag of [
    "--output-format text",
    "--output-format=text",
    "--input-format stream-json",
    "--continue",
    "-c",
    "--resume x",
    "-r",
    "--session-id=x",
  ]
) {
  Deno.test(`claudeArgs() refuses ${flag}`, () => {
    const name = flag.split(/[ =]/)[0]!;
    assertThrows(() => claudeArgs(`--verbose ${flag}`), UsageError, name);
  });
}
