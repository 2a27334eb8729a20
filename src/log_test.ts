import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  consoleLogger,
  type ConsoleLoggerOptions,
  LOG_LEVELS,
  type LogFields,
  silentLogger,
  withFields,
} from "./log.ts";
import { Redactor } from "./redact.ts";

function setUp(options: Partial<ConsoleLoggerOptions> = {}) {
  const lines: string[] = [];
  const log = consoleLogger({
    level: "debug",
    json: false,
    color: false,
    shortTime: true,
    redactor: new Redactor(),
    write: (line) => lines.push(line),
    ...options,
  });
  return { log, lines };
}

Deno.test("a line is time, level, message and fields", () => {
  const { log, lines } = setUp();
  log.info("Registered", {
    id: "w-1",
    n: 3,
    note: "two words",
    gone: undefined,
  });
  assertMatch(
    lines[0]!,
    /^\d\d:\d\d:\d\d INFO {2}Registered id=w-1 n=3 note="two words"$/,
  );
});

Deno.test("a line that is kept has its date", () => {
  const { log, lines } = setUp({ shortTime: false });
  log.info("Registered");
  assertMatch(
    lines[0]!,
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO {2}Registered$/,
  );
});

for (const [i, level] of LOG_LEVELS.entries()) {
  Deno.test(`at level ${level} only lines of it and above are written`, () => {
    const { log, lines } = setUp({ level });
    for (const each of LOG_LEVELS) log[each]("x");
    assertEquals(lines.length, LOG_LEVELS.length - i);
  });
}

const circular: Record<string, unknown> = {};
circular.self = circular;
const VALUES: readonly (readonly [what: string, value: unknown])[] = [
  ["line breaks", "a\nb\r\nc"],
  ["an escape sequence", "\x1b[2J\x9b31m\x07"],
  ["separators of lines", "a\u2028b\u2029c\u0085d"],
  ["quotes and equals signs", 'a"b=c'],
  ["an object", { a: "x\ny" }],
  ["a circular object", circular],
  ["a bigint", 5n],
  ["a symbol", Symbol("s")],
  ["a function", () => {}],
  ["null", null],
  ["an error", new Error("boom\nboom")],
  ["something that cannot be shown", {
    toJSON: () => {
      throw new Error();
    },
  }],
];
for (const json of [false, true]) {
  for (const [what, value] of VALUES) {
    Deno.test(`${json ? "JSON" : "text"}: a line stays one line with ${what} in it`, () => {
      const { log, lines } = setUp({ json });
      log.warn(`said: ${typeof value === "string" ? value : ""}`, { value });
      assertEquals(lines.length, 1);
      // deno-lint-ignore no-control-regex
      assert(!/[\x00-\x1f\x7f-\x9f\u2028\u2029]/.test(lines[0]!), lines[0]);
      if (json && typeof value === "string") {
        assertEquals(JSON.parse(lines[0]!).value, value);
      }
    });
  }
}

Deno.test("a JSON line has time, level, message and the fields", () => {
  const { log, lines } = setUp({ json: true });
  log.error("Gone", { row: "r-1", n: 2 });
  const { time, ...rest } = JSON.parse(lines[0]!);
  assertEquals(rest, { level: "error", message: "Gone", row: "r-1", n: 2 });
  assert(!Number.isNaN(Date.parse(time)));
});

Deno.test("a field cannot take the place of a JSON line's own members", () => {
  const { log, lines } = setUp({ json: true });
  const fields: LogFields = { message: "forged", level: "info", time: "never" };
  log.error("Gone", fields);
  const line = JSON.parse(lines[0]!);
  assertEquals([line.level, line.message], ["error", "Gone"]);
  assert(line.time !== "never");
});

Deno.test("an error in a field is shown with its message", () => {
  for (const json of [false, true]) {
    const { log, lines } = setUp({ json });
    log.warn("x", { error: new Error("the reason") });
    assert(lines[0]!.includes("the reason"), lines[0]);
  }
});

for (const json of [false, true]) {
  Deno.test(`${json ? "JSON" : "text"}: secrets are masked in messages and in fields`, () => {
    const redactor = new Redactor();
    redactor.add("s3cret-token");
    const { log, lines } = setUp({ json, redactor });
    log.info("got s3cret-token", { deep: { value: "s3cret-token" } });
    assert(!lines[0]!.includes("s3cret"), lines[0]);
  });
}

Deno.test("colour is for the level alone, and only where it is wanted", () => {
  const { log, lines } = setUp({ color: true });
  log.error("x");
  log.info("y");
  assert(lines[0]!.includes("\x1b[31mERROR\x1b[0m x"));
  assert(!lines[1]!.includes("\x1b"));
});

Deno.test("withFields() adds fields to each line; a line's own fields win", () => {
  const { log, lines } = setUp();
  const more = withFields(log, { row: "r-1", n: 1 });
  for (const level of LOG_LEVELS) more[level]("x", { n: 2 });
  assertEquals(lines.length, 4);
  for (const line of lines) assert(line.endsWith(" x row=r-1 n=2"), line);
});

Deno.test("the silent logger says nothing and takes everything", () => {
  for (const level of LOG_LEVELS) silentLogger[level]("x", { circular });
});
