import { assert, assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../errors.ts";
import {
  claudeArgs,
  type ClaudeChoices,
  type ClaudeRunArgs,
  grantsOf,
  operatorArgs,
} from "./args.ts";
import { toolsFor } from "./tools.ts";

const NOTHING: ClaudeChoices = {
  model: "",
  allowedTools: "",
  permissionMode: "",
  appendSystemPrompt: "",
  mcpConfig: "",
  maxTurns: "",
  settings: "",
};
const RUN: ClaudeRunArgs = {
  session: ["--resume", "id-1"],
  directories: [],
  configDir: "/home/a/.claude",
  stateDir: "/state",
  limitsTools: true,
};
const UNASKED = toolsFor({ rules: [], mode: "" })!.join(",");
function state(dir: string): string {
  return [
    "*.json",
    ...["*.sessions/**", "*.dead/**", "*.replies/**", "*.handled/**"],
    "*.retry/**",
  ].map((path) => `Read(${dir}/${path}),Edit(${dir}/${path})`).join(",");
}
const STATE = state("//state");
const DENIED = `Read(//home/a/.claude/**),Edit(//home/a/.claude/**),${STATE}`;

function args(
  choices: Partial<ClaudeChoices> = {},
  line = "",
  run: Partial<ClaudeRunArgs> = {},
): string[] {
  const own = operatorArgs(line);
  return claudeArgs({ ...NOTHING, ...choices }, own, { ...RUN, ...run });
}

Deno.test("claudeArgs() has a stream of JSON, no settings, no servers, the session, and no tool that acts", () => {
  assertEquals(args(), [
    "-p",
    "--output-format",
    "stream-json",
    "--verbose",
    "--setting-sources",
    "",
    "--strict-mcp-config",
    "--resume",
    "id-1",
    `--tools=${UNASKED}`,
    `--disallowedTools=${DENIED}`,
  ]);
});

Deno.test("claudeArgs() makes an argument of each choice, and puts the operator's own last", () => {
  const choices = {
    model: "opus",
    allowedTools: "Bash(ls *),WebSearch",
    permissionMode: "dontAsk",
    appendSystemPrompt: "be brief",
    mcpConfig: "/etc/mcp.json",
    maxTurns: "5",
  };
  const directories = ["/in", "/out"];
  assertEquals(args(choices, `--effort "low"`, { directories }).slice(9), [
    `--tools=${UNASKED},Bash,WebSearch`,
    `--disallowedTools=${DENIED}`,
    "--allowedTools=Bash(ls *),WebSearch",
    "--add-dir=/in",
    "--add-dir=/out",
    "--mcp-config=/etc/mcp.json",
    "--model",
    "opus",
    "--permission-mode",
    "dontAsk",
    "--append-system-prompt",
    "be brief",
    "--max-turns",
    "5",
    "--effort",
    "low",
  ]);
});

Deno.test("claudeArgs() lets claude read its own directory where the operator's settings count, but no transcript", () => {
  const all = args({ settings: "user,project" });
  assertEquals(all[all.indexOf("--setting-sources") + 1], "user,project");
  const path = "//home/a/.claude/projects/**";
  assert(
    all.includes(`--disallowedTools=Read(${path}),Edit(${path}),${STATE}`),
  );
});

Deno.test("claudeArgs() writes paths of Windows as claude's rules have them", () => {
  const run = { configDir: "C:\\Users\\a\\.claude", stateDir: "D:\\s" };
  assert(
    args({}, "", run).includes(
      `--disallowedTools=Read(//C/Users/a/.claude/**),Edit(//C/Users/a/.claude/**),${
        state("//D/s")
      }`,
    ),
  );
});

Deno.test("claudeArgs() withholds Bash from a release that cannot be told its tools, unless it was granted", () => {
  const old = { limitsTools: false };
  assert(args({}, "", old).includes(`--disallowedTools=${DENIED},Bash`));
  const granted = args({ allowedTools: "Bash(ls)" }, "", old);
  assert(granted.includes(`--disallowedTools=${DENIED}`));
  assert(!granted.some((arg) => arg.startsWith("--tools")));
});

Deno.test("claudeArgs() leaves the choice of tools to an operator who makes it", () => {
  for (const line of ["--tools Read", "--tools=Read"]) {
    assert(!args({}, line).includes(`--tools=${UNASKED}`));
  }
});

for (
  const [line, rules, mode] of [
    ["", ["Read"], "plan"],
    ["--allowedTools Bash WebSearch --model x", [
      "Read",
      "Bash",
      "WebSearch",
    ], "plan"],
    ["--allowed-tools=Bash,WebSearch x", ["Read", "Bash", "WebSearch"], "plan"],
    ["--permission-mode acceptEdits", ["Read"], "acceptEdits"],
    ["--permission-mode=auto", ["Read"], "auto"],
    ["--dangerously-skip-permissions", ["Read"], "bypassPermissions"],
  ] as const
) {
  Deno.test(`grantsOf() sees what is granted by arguments: ${line}`, () => {
    const options = { allowedTools: "Read", permissionMode: "plan" };
    const grants = grantsOf(options, operatorArgs(line));
    assertEquals(grants, { rules: [...rules], mode });
  });
}

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
    "--fork-session",
    "--no-session-persistence",
    "--setting-sources user",
  ]
) {
  Deno.test(`operatorArgs() refuses ${flag}`, () => {
    const name = flag.split(/[ =]/)[0]!;
    assertThrows(() => operatorArgs(`--verbose ${flag}`), UsageError, name);
  });
}
