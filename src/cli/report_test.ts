import { assert, assertEquals } from "@std/assert";
import type { ConnectEvent } from "../connection.ts";
import { consoleLogger, type LogLevel } from "../log.ts";
import { Redactor } from "../redact.ts";
import { report, reportLine } from "./report.ts";

const ID = "0190c6ce-3a51-7b4e-8f0d-6f1a2b3c4d5e";
const peer = { activityId: ID, origin: "peer", callerId: ID } as const;
const person = { activityId: ID, origin: "canvas", callerId: "" } as const;

const EVENTS: readonly (readonly [ConnectEvent, LogLevel, string])[] = [
  [
    { type: "registered", workspaceId: ID, tokenMinted: false },
    "info",
    `Connected: workspace ${ID}`,
  ],
  [{ type: "heartbeat", activeTasks: 1 }, "debug", "Heartbeat"],
  [
    { type: "message", ...peer, messageId: "m", text: "secret plan" },
    "info",
    "Message from peer 0190c6ce",
  ],
  [
    { type: "message", ...person, messageId: "m", text: "secret plan" },
    "info",
    "Message from a person",
  ],
  [
    { type: "skipped", activityId: ID, reason: "own notify" },
    "debug",
    "Skipped",
  ],
  [{ type: "turn_started", ...peer, attempt: 1 }, "debug", "Turn"],
  [{ type: "turn_started", ...peer, attempt: 2 }, "info", "Trying again (2)"],
  [
    { type: "turn_failed", ...peer, attempt: 2, final: false, reason: "x" },
    "warn",
    "The back end failed (attempt 2)",
  ],
  [
    {
      type: "turn_failed",
      ...peer,
      attempt: 1,
      final: false,
      reason: "x",
      pausedMs: 88_001,
    },
    "warn",
    "The back end pauses for 89 seconds",
  ],
  [
    { type: "answered", ...peer, text: "secret plan", durationMs: 12 },
    "info",
    "Answered in 12 ms",
  ],
  [
    { type: "answered", ...peer, text: "", durationMs: 12 },
    "info",
    "Nothing to say, after 12 ms",
  ],
  [
    { type: "delivered", ...peer, certain: true },
    "info",
    "Delivered to peer 0190c6ce",
  ],
  [
    { type: "delivered", ...peer, certain: true, failure: true },
    "info",
    "Told peer 0190c6ce that it failed",
  ],
  [{ type: "cursor", cursor: ID }, "debug", "Cursor"],
  [{ type: "closed" }, "info", "Closed"],
];

function logged(event: ConnectEvent, level: LogLevel): string[] {
  const lines: string[] = [];
  const log = consoleLogger({
    level,
    json: false,
    color: false,
    shortTime: true,
    redactor: new Redactor(),
    write: (line) => lines.push(line),
  });
  report(event, log);
  return lines;
}

for (const [event, level, message] of EVENTS) {
  Deno.test(`reportLine() says "${message}"`, () => {
    const line = reportLine(event)!;
    assertEquals([line.level, line.message], [level, message]);
    for (const shown of logged(event, "info")) {
      assert(shown.length <= 80, shown);
      assert(!shown.includes("secret plan"), shown);
    }
  });
}

Deno.test("report() shows a message's text at debug level, as one bounded line", () => {
  const text = "first\nsecond " + "x".repeat(1_000);
  const lines = logged(
    { type: "message", ...peer, messageId: "m", text },
    "debug",
  );
  assertEquals(lines.length, 2);
  assert(lines[1]!.includes("first second x"));
  assert(lines[1]!.length < 300);
});

Deno.test("report() shows ids that are no UUIDs too", () => {
  const event = {
    type: "message",
    activityId: "act-1",
    origin: "peer",
    callerId: "ws-with-quite-a-long-id",
    messageId: "",
    text: "",
  } as const;
  const line = reportLine(event)!;
  assertEquals(line.message, "Message from peer ws-with-quite-a…");
  assertEquals(line.fields, { row: "act-1" });
});

Deno.test("report() leaves alone what the connection logs itself", () => {
  for (
    const event of [
      { type: "heartbeat_stopped", reason: "401" },
      { type: "poll_failed", reason: "HTTP 502" },
      { type: "delivered", ...peer, certain: false },
      { type: "dead_letter", ...peer, reason: "HTTP 403", letter: "l-1" },
    ] as const
  ) assertEquals(logged(event, "debug"), []);
});

for (
  const [waiting, unsent, message] of [
    [0, 0, "Closed"],
    [
      1,
      0,
      "Closed: 1 message waits on the platform; the next start goes on with it",
    ],
    [
      0,
      3,
      "Closed: 3 answers are unsent; the next start goes on with them",
    ],
    [
      2,
      1,
      "Closed: 2 messages wait on the platform and 1 answer is unsent; the next start goes on with them",
    ],
  ] as const
) {
  Deno.test(`reportLine() says what is left of ${waiting} and ${unsent}`, () => {
    const line = reportLine({ type: "closed" }, { waiting, unsent });
    assertEquals(line?.message, message);
  });
}

Deno.test("a failure is told with what to do about it", () => {
  const told = { attempt: 1, final: true, reason: "no key", hint: "set it" };
  const line = reportLine({ type: "turn_failed", ...peer, ...told });
  assertEquals(line?.fields, {
    row: "0190c6ce",
    reason: "no key",
    hint: "set it",
  });
});
