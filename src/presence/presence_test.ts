import { assert, assertEquals } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import type { InboundMessage } from "../backends/backend.ts";
import { BackendError, PermanentError, TransientError } from "../errors.ts";
import { Presence } from "./presence.ts";

const message = (more: Partial<InboundMessage> = {}) =>
  ({
    origin: "peer",
    callerName: "Reviewer",
    text: "SECRET TEXT",
    ...more,
  }) as InboundMessage;

function setUp() {
  return new Presence((text) => text.replaceAll("s3cret", "[redacted]"));
}

Deno.test("where nothing happens a beat says so", () => {
  const { uptime_seconds, ...beat } = setUp().beat();
  assertEquals(beat, {
    error_rate: 0,
    sample_error: "",
    active_tasks: 0,
    current_task: "",
  });
  assert(Number.isInteger(uptime_seconds));
});

Deno.test("the uptime is in whole seconds", () => {
  using time = new FakeTime();
  const now = performance.now;
  performance.now = () => time.now;
  try {
    const presence = setUp();
    time.tick(61_999);
    assertEquals(presence.beat().uptime_seconds, 61);
  } finally {
    performance.now = now;
  }
});

Deno.test("turns that run and messages that wait are the active tasks", () => {
  const presence = setUp();
  presence.countWaiting(() => 3);
  const turns = [
    presence.turnStarts(message()),
    presence.turnStarts(message()),
  ];
  assertEquals([presence.beat().active_tasks, presence.activeTurns], [5, 2]);
  turns[0]!.end(undefined);
  assertEquals([presence.beat().active_tasks, presence.activeTurns], [4, 1]);
});

const TASKS: readonly (readonly [Partial<InboundMessage>, string])[] = [
  [{}, "Answering Reviewer"],
  [{ callerName: "" }, "Answering a peer"],
  [{ origin: "canvas" }, "Answering a person"],
  [{ origin: "channel" }, "Answering a channel"],
  [{ callerName: "a\n\0\u202eb" }, "Answering a b"],
];
for (const [fields, task] of TASKS) {
  Deno.test(`the current task of ${JSON.stringify(fields)} is "${task}"`, () => {
    const presence = setUp();
    presence.turnStarts(message(fields));
    assertEquals(presence.beat().current_task, task);
  });
}

Deno.test("the current task is short, and never a message's text", () => {
  const presence = setUp();
  const turn = presence.turnStarts(message({ callerName: "😀".repeat(100) }));
  const { current_task } = presence.beat();
  assertEquals([...current_task].length, 60);
  assert(current_task.isWellFormed() && current_task.endsWith("…"));
  assert(!JSON.stringify(presence.beat()).includes("SECRET"));
  turn.end(undefined);
  assertEquals(presence.beat().current_task, "");
});

const PROGRESS: readonly (readonly [said: string, task: string])[] = [
  ["Using Bash", "Using Bash"],
  ["  two\n\x1b[31mlines ", "two [31mlines"],
  ["", "Answering Reviewer"],
  [" \n", "Answering Reviewer"],
  ["with s3cret in it", "with [redacted] in it"],
  [`${"x".repeat(55)} s3cret`, `${"x".repeat(55)} [re…`],
];
for (const [said, task] of PROGRESS) {
  Deno.test(`after the progress ${JSON.stringify(said)} the current task is "${task}"`, () => {
    const presence = setUp();
    presence.turnStarts(message()).progress(said);
    assertEquals(presence.beat().current_task, task);
  });
}

Deno.test("the newest progress of the oldest turn is the current task, until that turn ends", () => {
  const presence = setUp();
  const task = () => presence.beat().current_task;
  const first = presence.turnStarts(message());
  const second = presence.turnStarts(message({ origin: "canvas" }));
  second.progress("Using Read");
  assertEquals(task(), "Answering Reviewer");
  first.progress("Using Bash");
  first.progress("Using Edit");
  assertEquals(task(), "Using Edit");
  first.end(undefined);
  assertEquals(task(), "Using Read");
  second.cut();
  // What is told late is nobody's progress any more.
  second.progress("Using Write");
  assertEquals(task(), "");
});

Deno.test("the oldest turn that runs is the current task", () => {
  const presence = setUp();
  const first = presence.turnStarts(message({ callerName: "One" }));
  presence.turnStarts(message({ callerName: "Two" }));
  assertEquals(presence.beat().current_task, "Answering One");
  first.end(undefined);
  assertEquals(presence.beat().current_task, "Answering Two");
});

Deno.test("the error rate is the share of the last ten turns that failed, until one succeeds", () => {
  const presence = setUp();
  const end = (error?: unknown) => presence.turnStarts(message()).end(error);
  end(new Error("boom"));
  assertEquals([presence.beat().error_rate, presence.beat().sample_error], [
    1,
    "The back end failed",
  ]);
  for (let i = 0; i < 20; i++) end();
  assertEquals([presence.beat().error_rate, presence.beat().sample_error], [
    0,
    "",
  ]);
  end(new Error("again"));
  assertEquals(presence.beat().error_rate, 0.1);
});

Deno.test("a feed that cannot be read is an error rate of one, until it can", () => {
  const presence = setUp();
  presence.polled(new TransientError("GET /feed", "down", { status: 503 }));
  assertEquals([presence.beat().error_rate, presence.beat().sample_error], [
    1,
    "GET /feed: HTTP 503",
  ]);
  presence.polled(undefined);
  assertEquals([presence.beat().error_rate, presence.beat().sample_error], [
    0,
    "",
  ]);
});

const SECRET = "SECRET TEXT";
const SHOWN: readonly (readonly [what: string, error: Error, shown: string])[] =
  [
    ["a back end's words", new Error(SECRET), "The back end failed"],
    [
      "a final failure",
      new BackendError("final", SECRET),
      "The back end failed",
    ],
    [
      "weather",
      new BackendError("weather", SECRET),
      "The back end takes no messages at the moment",
    ],
    [
      "no answer",
      new TransientError("GET /feed", SECRET),
      "GET /feed: no answer",
    ],
    [
      "a refusal",
      new PermanentError("GET /feed", 401, SECRET),
      "GET /feed: HTTP 401",
    ],
  ];

for (const [what, error, shown] of SHOWN) {
  Deno.test(`everybody may read the kind of a failure, and no more: ${what}`, () => {
    const presence = setUp();
    presence.turnStarts(message()).end(error);
    assertEquals(presence.beat().sample_error, shown);
  });
}
