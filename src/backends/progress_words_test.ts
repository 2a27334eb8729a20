import { assertEquals } from "@std/assert";
import { usingTool } from "./progress_words.ts";

for (
  const [name, words] of [
    ["Bash", "Using Bash"],
    ["mcp__files__read", "Using mcp__files__read"],
    ["cat /etc/passwd\n", "Using catetcpasswd"],
    ["", "Using a tool"],
    ["<>", "Using a tool"],
    ["x".repeat(100), `Using ${"x".repeat(40)}`],
  ] as const
) {
  Deno.test(`usingTool(${JSON.stringify(name.slice(0, 20))}) is fit for everybody's eyes`, () => {
    assertEquals(usingTool(name), words);
  });
}
