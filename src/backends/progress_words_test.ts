import { assertEquals } from "@std/assert";
import { doingKind, usingTool } from "./progress_words.ts";

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

for (
  const [kind, words] of [
    ["read", "Reading"],
    ["edit", "Editing"],
    ["delete", "Deleting"],
    ["move", "Moving files"],
    ["search", "Searching"],
    ["execute", "Running a command"],
    ["think", "Thinking"],
    ["fetch", "Fetching"],
    ["switch_mode", "Using a tool"],
    ["other", "Using a tool"],
    ["a stranger's words", "Using a tool"],
  ] as const
) {
  Deno.test(`doingKind() of "${kind}" is "${words}"`, () => {
    assertEquals(doingKind(kind), words);
  });
}
