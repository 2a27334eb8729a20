import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../errors.ts";
import { CONNECT_FLAGS } from "./options.ts";
import { parseLine } from "./parse.ts";

function parsed(...args: string[]) {
  const { positionals, flags } = parseLine(args, CONNECT_FLAGS);
  return { positionals, flags: Object.fromEntries(flags) };
}

const GOOD:
  readonly (readonly [string[], string[], Record<string, string[]>])[] = [
    [[], [], {}],
    [["connect", "w-1"], ["connect", "w-1"], {}],
    [["w-1", "--token", "abc"], ["w-1"], { token: ["abc"] }],
    [["--token", "abc", "w-1"], ["w-1"], { token: ["abc"] }],
    [["--token", "-abC_9"], [], { token: ["-abC_9"] }],
    [["--token", "--abC_9"], [], { token: ["--abC_9"] }],
    [["--token=--json"], [], { token: ["--json"] }],
    [["--token", "a=b=c"], [], { token: ["a=b=c"] }],
    [["--token", ""], [], { token: [""] }],
    [["--token="], [], { token: [""] }],
    [["--since-secs", "-5"], [], { "since-secs": ["-5"] }],
    [["--agent-name", "7"], [], { "agent-name": ["7"] }],
    [["--agent-name", "true"], [], { "agent-name": ["true"] }],
    [["--json", "true"], ["true"], { json: [] }],
    [["--once", "w-1", "--json"], ["w-1"], { once: [], json: [] }],
    [["007"], ["007"], {}],
    [["--", "--json", "w-1"], ["--json", "w-1"], {}],
    [["-h"], [], { help: [] }],
    [
      ["--backend-opt", "cmd=./x --y", "--backend-opt", "timeout=2m"],
      [],
      { "backend-opt": ["cmd=./x --y", "timeout=2m"] },
    ],
    [["--backend-opt", "a=-b"], [], { "backend-opt": ["a=-b"] }],
  ];

for (const [args, positionals, flags] of GOOD) {
  Deno.test(`parseLine() takes ${JSON.stringify(args)} apart`, () => {
    assertEquals(parsed(...args), { positionals, flags });
  });
}

const BAD: readonly (readonly [string[], string, string])[] = [
  [["--bakend", "x"], '"--bakend"', "--backend?"],
  [["--toke=secret"], '"--toke"', "--token?"],
  [["--zzzzzzzz"], '"--zzzzzzzz"', "molecule help"],
  [["-x"], '"-x"', "molecule help"],
  [["-jq"], '"-jq"', "molecule help"],
  [["--no-json"], '"--no-json"', ""],
  [["--__proto__=1"], '"--__proto__"', ""],
  [["--token"], "--token has no value", "--token=TOKEN"],
  [["--token", "--dry-run"], "--token has no value", ""],
  [["--token", "--api-url=http://x"], "--token has no value", ""],
  [["--token", "--", "x"], "--token has no value", ""],
  [["--api-url", ""], "--api-url has no value", "--api-url=URL"],
  [["--interval-ms="], "--interval-ms has no value", ""],
  [["--backend-opt"], "--backend-opt has no value", "KEY=VALUE"],
  [["--json=false"], "--json takes no value", ""],
  [["--json", "--json"], "--json is given twice", ""],
  [["--token", "a", "--token=b"], "--token is given twice", ""],
];

for (const [args, message, hint] of BAD) {
  Deno.test(`parseLine() refuses ${JSON.stringify(args)}`, () => {
    const error = assertThrows(() => parsed(...args), UsageError, message);
    assertEquals(error.hint?.includes(hint), true, error.hint);
  });
}

Deno.test("parseLine() keeps what stands behind = out of its message", () => {
  const error = assertThrows(() => parsed("--tokn=s3cret"), UsageError);
  assertEquals(error.message.includes("s3cret"), false);
});
