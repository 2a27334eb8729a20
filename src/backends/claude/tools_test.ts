import { assert, assertEquals } from "@std/assert";
import { mayWrite, splitRules, toolsFor } from "./tools.ts";

const NONE = { rules: [], mode: "" };

/** What claude runs without asking, or some releases do, or that reaches out of its directory. */
const WITHHELD =
  "Bash Edit Write NotebookEdit WebFetch WebSearch Task Agent Skill Workflow CronCreate EnterWorktree SendMessage ScheduleWakeup"
    .split(" ");

Deno.test("splitRules() divides at commas and spaces outside of brackets", () => {
  assertEquals(
    splitRules("Read, Bash(git log:*, x),WebFetch(domain:a.b)  mcp__a__b,"),
    ["Read", "Bash(git log:*, x)", "WebFetch(domain:a.b)", "mcp__a__b"],
  );
  assertEquals(splitRules("Bash(echo (a b)) x"), ["Bash(echo (a b))", "x"]);
  assertEquals(splitRules("Bash(never closed, x"), ["Bash(never closed, x"]);
  assertEquals(splitRules(" ,"), []);
});

Deno.test("toolsFor() has nothing that acts where nothing was granted", () => {
  for (const mode of ["", "default", "manual", "dontAsk", "plan"]) {
    const tools = toolsFor({ rules: [], mode }) ?? WITHHELD;
    assert(tools.includes("Read"));
    assertEquals(tools.filter((tool) => WITHHELD.includes(tool)), []);
  }
});

Deno.test("toolsFor() adds what was granted, and no more", () => {
  const rules = ["Bash(git log:*)", "WebSearch", "mcp__a__b", "Read"];
  const before = toolsFor(NONE) ?? [];
  assertEquals(toolsFor({ rules, mode: "" }), [...before, "Bash", "WebSearch"]);
  const editing = toolsFor({ rules: [], mode: "acceptEdits" }) ?? [];
  assertEquals(
    editing.filter((tool) => WITHHELD.includes(tool)),
    ["Edit", "Write", "NotebookEdit"],
  );
});

Deno.test("toolsFor() leaves claude all its tools where the operator lets it do everything", () => {
  for (const mode of ["auto", "bypassPermissions"]) {
    assertEquals(toolsFor({ rules: [], mode }), undefined);
  }
});

for (
  const [rules, mode, may] of [
    [[], "", false],
    [[], "dontAsk", false],
    [["Bash(git log:*)", "Write(/a/**)", "WebSearch"], "", false],
    [["Write"], "", true],
    [["Bash"], "", true],
    [[], "acceptEdits", true],
    [[], "bypassPermissions", true],
  ] as const
) {
  Deno.test(`mayWrite() is ${may} with ${JSON.stringify(rules)} ${mode}`, () => {
    assertEquals(mayWrite({ rules, mode }), may);
  });
}
