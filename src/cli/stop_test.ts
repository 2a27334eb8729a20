import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Connection } from "../connection.ts";
import { consoleLogger } from "../log.ts";
import { Redactor } from "../redact.ts";
import { StopRequested, StopSequence } from "./stop.ts";

class Exit extends Error {
  constructor(readonly code: number) {
    super(`exit ${code}`);
  }
}

function setUp() {
  const lines: string[] = [];
  const closes: unknown[] = [];
  let handler: ((signal: string) => void) | undefined;
  const io = {
    onStopSignal: (given: (signal: string) => void) => {
      handler = given;
      return () => handler = undefined;
    },
    exit: (code: number): never => {
      throw new Exit(code);
    },
  };
  const log = consoleLogger({
    level: "info",
    json: false,
    color: false,
    redactor: new Redactor(),
    write: (line) => lines.push(line),
  });
  const connection = {
    close: (options: unknown) => {
      closes.push(options);
      return Promise.resolve();
    },
  } as unknown as Connection;
  const stop = new StopSequence(io, log, 30_000);
  return {
    stop,
    lines,
    closes,
    connection,
    send: (signal: string) => handler?.(signal),
    listens: () => handler !== undefined,
  };
}

Deno.test("StopSequence drains, then cuts short, then exits, and says so", () => {
  const { stop, lines, closes, connection, send } = setUp();
  stop.connection = connection;
  send("SIGINT");
  assert(stop.signal.reason instanceof StopRequested);
  assertEquals(closes, []);
  send("SIGTERM");
  assertEquals(closes, [{ graceMs: 0 }]);
  const error = assertThrows(() => send("SIGINT"), Exit);
  assertEquals(error.code, 130);
  for (
    const [index, [signal, what]] of [
      ["SIGINT", "get 30 s. Once more cuts them short"],
      ["SIGTERM", "cutting running turns short. Once more exits at once"],
      ["SIGINT", "exiting at once"],
    ].entries()
  ) {
    assert(lines[index]!.includes(`${signal}: `), lines[index]);
    assert(lines[index]!.includes(what!), lines[index]);
  }
});

Deno.test("StopSequence cuts a connection short that comes after two signals", () => {
  const { stop, closes, connection, send } = setUp();
  send("SIGINT");
  send("SIGINT");
  stop.connection = connection;
  assertEquals(closes, [{ graceMs: 0 }]);
});

Deno.test("StopSequence listens until it is disposed", () => {
  const { stop, listens } = setUp();
  assert(listens());
  stop[Symbol.dispose]();
  assert(!listens());
});
