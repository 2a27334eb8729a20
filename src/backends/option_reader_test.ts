import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { UsageError } from "../errors.ts";
import { OptionReader } from "./option_reader.ts";

const SPEC = {
  name: "demo",
  options: [
    { name: "cmd", value: "COMMAND", required: true, description: "." },
    { name: "timeout", value: "DURATION", default: "60s", description: "." },
    { name: "flag", value: "true|false", default: "false", description: "." },
    { name: "names", value: "NAMES", description: "." },
    { name: "turns", value: "NUMBER", default: "20", description: "." },
  ],
};

Deno.test("an OptionReader gives what was given, or the default", () => {
  const options = new OptionReader(SPEC, { cmd: "cat", flag: "true" });
  assertEquals(options.text("cmd"), "cat");
  assertEquals(options.duration("timeout"), 60_000);
  assertEquals(options.boolean("flag"), true);
  assertEquals(options.list("names"), []);
  assertEquals(options.count("turns"), 20);
});

Deno.test("an OptionReader takes 0 as a number", () => {
  const options = new OptionReader(SPEC, { cmd: "x", turns: "0" });
  assertEquals(options.count("turns"), 0);
});

Deno.test("an OptionReader splits a list at commas", () => {
  const options = new OptionReader(SPEC, { cmd: "x", names: "A, B_*,,C" });
  assertEquals(options.list("names"), ["A", "B_*", "C"]);
});

Deno.test("an OptionReader takes durations as Go writes them", () => {
  const options = new OptionReader(SPEC, { cmd: "x", timeout: "1h30m" });
  assertEquals(options.duration("timeout"), 5_400_000);
});

interface Refused {
  readonly given: Record<string, string>;
  readonly message: string;
  readonly hint: string;
}

const REFUSED: readonly Refused[] = [
  {
    given: { cmd: "x", tiemout: "5m" },
    message:
      `Unknown option "tiemout" of the back end demo, which has: cmd, timeout, flag, names, turns`,
    hint: "did you mean timeout?",
  },
  {
    given: { cmd: "x", constructor: "1" },
    message: `Unknown option "constructor"`,
    hint: "molecule backends",
  },
  { given: {}, message: "needs the option cmd", hint: "cmd=COMMAND" },
  { given: { cmd: "  " }, message: "Option cmd is empty", hint: "variable" },
  {
    given: { cmd: "x", timeout: "60" },
    message: `Option timeout of the back end demo: "60" is no duration`,
    hint: "write it as 90s, 5m or 1h30m",
  },
  ...["", " "].map((timeout) => ({
    given: { cmd: "x", timeout },
    message: "Option timeout is empty",
    hint: "leave it out",
  })),
  { given: { cmd: "x", timeout: "0s" }, message: `"0s"`, hint: "90s" },
  {
    given: { cmd: "x", flag: "yes" },
    message:
      `Option flag of the back end demo: "yes" is neither true nor false`,
    hint: "write true or false",
  },
  ...["-1", "1.5", "1e3", "many", "99999999999999999"].map((
    turns,
  ) => ({
    given: { cmd: "x", turns },
    message: `${JSON.stringify(turns)} is no whole number`,
    hint: "write it as 0, 20",
  })),
];

for (const { given, message, hint } of REFUSED) {
  Deno.test(`an OptionReader refuses ${JSON.stringify(given)}`, () => {
    const error = assertThrows(() => {
      const options = new OptionReader(SPEC, given);
      options.duration("timeout");
      options.boolean("flag");
      options.count("turns");
    }, UsageError);
    assertStringIncludes(error.message, message);
    assertStringIncludes(error.hint ?? "", hint);
  });
}
