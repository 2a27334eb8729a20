import { assert, assertEquals, assertObjectMatch } from "@std/assert";
import { deniedRules } from "../claude/denied.ts";
import { claudeMeta } from "./claude_meta.ts";
import { parsePermission } from "./permission.ts";

const PLACES = { configDir: "/home/a/.claude", stateDir: "/state" };

/** The tools that Claude's adapter is told to have. */
function tools(...permission: string[]): string[] | undefined {
  const meta = claudeMeta(parsePermission(permission), PLACES);
  return (meta as { claudeCode: { options: { tools?: string[] } } }).claudeCode
    .options.tools;
}

Deno.test("claudeMeta() has no settings, no memory, no jobs, and no way to other conversations", () => {
  for (const permission of ["reject", "allow"]) {
    assertObjectMatch(
      Object(claudeMeta(parsePermission([permission]), PLACES)),
      {
        claudeCode: {
          options: {
            settingSources: [],
            strictMcpConfig: true,
            disallowedTools: deniedRules(PLACES),
            env: {
              CLAUDE_CODE_DISABLE_AUTO_MEMORY: "1",
              CLAUDE_CODE_DISABLE_CRON: "1",
            },
          },
        },
      },
    );
  }
});

Deno.test("claudeMeta() has only tools that read, and those whose kind was allowed", () => {
  const before = tools("reject") ?? [];
  assert(before.includes("Read"));
  for (const tool of ["Bash", "Write", "WebFetch", "Task", "CronCreate"]) {
    assert(!before.includes(tool), tool);
  }
  assertEquals(tools("fetch"), [...before, "WebFetch", "WebSearch"]);
  assert(tools("execute")?.includes("Bash"));
  assertEquals(tools("allow"), undefined);
});
