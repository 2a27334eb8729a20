import { assertEquals } from "@std/assert";
import { claudeConfigDir, deniedRules } from "./denied.ts";

Deno.test("claudeConfigDir() is what claude was told, else a directory in the home", () => {
  assertEquals(claudeConfigDir({ HOME: "/h", CLAUDE_CONFIG_DIR: "/c" }), "/c");
  assertEquals(claudeConfigDir({ HOME: "/h" }), "/h/.claude");
  assertEquals(claudeConfigDir({}), "~/.claude");
});

Deno.test("deniedRules() leaves the state out where nobody knows yet where it lies", () => {
  assertEquals(
    deniedRules({ configDir: "/c", stateDir: undefined }),
    ["Read(//c/**)", "Edit(//c/**)"],
  );
});
