import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../errors.ts";
import { decide, parsePermission, TOOL_KINDS, toolKind } from "./permission.ts";

Deno.test("parsePermission() reads reject, allow and kinds", () => {
  assertEquals([...parsePermission(["reject"])], []);
  assertEquals([...parsePermission(["allow"])], [...TOOL_KINDS]);
  assertEquals([...parsePermission(["read", "search"])], ["read", "search"]);
});

for (const words of [["reed"], [], ["read", "allow"], ["reject", "read"]]) {
  Deno.test(`parsePermission() refuses "${words.join(",")}", and names the kinds`, () => {
    const error = assertThrows(() => parsePermission(words), UsageError);
    assertEquals(error.message.endsWith(TOOL_KINDS.join(", ")), true);
  });
}

Deno.test("toolKind() makes other of what the protocol does not know", () => {
  assertEquals(toolKind("read"), "read");
  assertEquals(toolKind("toString"), "other");
  assertEquals(toolKind(undefined), "other");
});

const ALWAYS = { optionId: "a", kind: "allow_always" };
const ONCE = { optionId: "o", kind: "allow_once" };
const NO = { optionId: "n", kind: "reject_once" };
const NEVER = { optionId: "v", kind: "reject_always" };

function chosen(options: unknown, allowed: boolean): string | undefined {
  const policy = parsePermission([allowed ? "allow" : "reject"]);
  const question = { toolCall: {}, options, kind: "read", policy, paths: [] };
  return decide(question).outcome.optionId;
}

Deno.test("decide() chooses what holds once, and never grants for good", () => {
  assertEquals(chosen([ALWAYS, ONCE, NO, NEVER], true), "o");
  assertEquals(chosen([ALWAYS, NO], true), "n");
  assertEquals(chosen([ALWAYS, ONCE, NEVER, NO], false), "n");
  assertEquals(chosen([ALWAYS, ONCE, NEVER], false), "v");
});

for (
  const options of [undefined, {}, [], [ALWAYS], [null, 1, "x"], [{
    kind: "reject_once",
  }]]
) {
  Deno.test(`decide() cancels where ${JSON.stringify(options)} offers nothing to choose`, () => {
    assertEquals(chosen(options, false), undefined);
  });
}

Deno.test("decide() lets only the very paths of the files be read", () => {
  const policy = parsePermission(["reject"]);
  const ask = (path: unknown) =>
    decide({
      toolCall: { kind: "read", locations: [{ path }] },
      ...{ options: [ONCE, NO], kind: "read", policy, paths: ["/a/b c"] },
    }).allowed;
  assertEquals(ask("/a/b c"), true);
  assertEquals(ask("/a/b c/../d"), false);
  assertEquals(ask("/a/./b c"), false);
  assertEquals(ask(undefined), false);
});
