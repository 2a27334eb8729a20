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

function setUp(activeTurns = 0) {
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
    shortTime: true,
    redactor: new Redactor(),
    write: (line) => lines.push(line),
  });
  const connection = {
    status: { activeTurns },
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
  const { stop, lines, closes, connection, send } = setUp(2);
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
      [
        "SIGINT",
        "stopping; 2 running turns get 30 s. Once more cuts them short",
      ],
      ["SIGTERM", "cutting running turns short. Once more exits at once"],
      ["SIGINT", "exiting at once"],
    ].entries()
  ) {
    assert(lines[index]!.includes(`${signal}: `), lines[index]);
    assert(lines[index]!.includes(what!), lines[index]);
  }
});

Deno.test("StopSequence speaks of running turns only where there are any", () => {
  for (
    const [turns, first] of [
      [0, "SIGINT: stopping"],
      [
        1,
        "SIGINT: stopping; 1 running turn gets 30 s. Once more cuts it short",
      ],
    ] as const
  ) {
    const { stop, lines, connection, send } = setUp(turns);
    stop.connection = connection;
    send("SIGINT");
    assert(lines[0]!.endsWith(`INFO  ${first}`), lines[0]);
    send("SIGINT");
    assertEquals(lines[1]!.includes("cutting running turns"), turns > 0);
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
