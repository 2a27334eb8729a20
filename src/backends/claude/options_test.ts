import { assertEquals, assertThrows } from "@std/assert";
import { resolve } from "@std/path";
import { UsageError } from "../../errors.ts";
import { readClaudeOptions } from "./options.ts";

for (
  const [name, value, says] of [
    ["permission_mode", "yolo", "acceptEdits"],
    ["settings", "user,global", "global"],
    ["max_turns", "0", "no steps"],
    ["max_turns", "-1", "whole number"],
    ["max_turns", "many", "whole number"],
    ["timeout", "soon", "duration"],
    ["args", "--resume x", "--resume"],
    ["args", "'open", "without its end"],
    ["pass_env", "MOLECULE_WORKSPACE_TOKEN", "never passed on"],
    ["modle", "opus", "Unknown option"],
  ] as const
) {
  Deno.test(`readClaudeOptions() refuses ${name}=${value}`, () => {
    const error = assertThrows(
      () => readClaudeOptions({ [name]: value }),
      UsageError,
      says,
    );
    assertEquals(typeof error.hint, "string");
  });
}

Deno.test("readClaudeOptions() takes paths from where molecule was started", () => {
  const { command, mcpFile, choices } = readClaudeOptions({
    bin: "./claude",
    mcp_config: "mcp.json",
  });
  assertEquals(command, resolve("claude"));
  assertEquals([mcpFile, choices.mcpConfig], [
    resolve("mcp.json"),
    resolve("mcp.json"),
  ]);
});

Deno.test("readClaudeOptions() takes MCP servers as JSON, and the name of a program as it is", () => {
  const json = `{"mcpServers":{}}`;
  const { command, mcpFile, choices } = readClaudeOptions({ mcp_config: json });
  assertEquals(command, "claude");
  assertEquals([mcpFile, choices.mcpConfig], [undefined, json]);
});
