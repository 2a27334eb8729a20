import { assert, assertEquals } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import type { InboundMessage } from "../backends/backend.ts";
import { BackendError, PermanentError, TransientError } from "../errors.ts";
import type { Activity } from "../platform/wire.ts";
import { TIMING } from "../timing.ts";
import type { RunningTurn } from "./handling.ts";
import { type OpenWork, Presence } from "./presence.ts";

const message = (more: Partial<InboundMessage> = {}) =>
  ({
    origin: "peer",
    callerName: "Reviewer",
    text: "SECRET TEXT",
    ...more,
  }) as InboundMessage;

/** A presence whose timers are fake, and what it posted. */
class Stage extends Presence implements Disposable {
  readonly time = new FakeTime();
  readonly posted: Activity[];

  constructor() {
    const posted: Activity[] = [];
    super({
      redact: (text) => text.replaceAll("s3cret", "[redacted]"),
      timing: TIMING,
      post: (activity) => posted.push(activity),
    });
    this.posted = posted;
  }

  /** A message is handled and its turn begins; with the turn the handling ends, too. */
  turnStarts(message: InboundMessage): RunningTurn {
    const handling = this.handles(message);
    const turn = handling.turnStarts();
    return {
      progress: turn.progress,
      end: (error) => {
        turn.end(error);
        handling[Symbol.dispose]();
      },
      cut: () => {
        turn.cut();
        handling[Symbol.dispose]();
      },
    };
  }

  [Symbol.dispose]() {
    this.time.restore();
  }
}

function setUp() {
  return new Stage();
}

const nothingElse: OpenWork = {
  open: () => 0,
  recovered: () => [],
  owesPerson: () => false,
  isHeldBack: () => false,
};

Deno.test("where nothing happens a beat says so", () => {
  using presence = setUp();
  const { uptime_seconds, ...beat } = presence.beat();
  assertEquals(beat, {
    error_rate: 0,
    sample_error: "",
    active_tasks: 0,
    current_task: "",
  });
  assert(Number.isInteger(uptime_seconds));
});

Deno.test("the uptime is in whole seconds", () => {
  const now = performance.now;
  performance.now = () => Date.now();
  try {
    using presence = setUp();
    presence.time.tick(61_999);
    assertEquals(presence.beat().uptime_seconds, 61);
  } finally {
    performance.now = now;
  }
});

Deno.test("turns that run and messages that wait are the active tasks", () => {
  using presence = setUp();
  let open = 5;
  presence.watch({
    ...nothingElse,
    open: () => open,
    recovered: () => ["Answering Old"],
  });
  const turns = [
    presence.turnStarts(message()),
    presence.turnStarts(message()),
  ];
  assertEquals([presence.beat().active_tasks, presence.activeTurns], [6, 2]);
  turns[0]!.end(undefined);
  open--;
  assertEquals([presence.beat().active_tasks, presence.activeTurns], [5, 1]);
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
    using presence = setUp();
    presence.turnStarts(message(fields));
    assertEquals(presence.beat().current_task, task);
  });
}

Deno.test("the current task is short, and never a message's text", () => {
  using presence = setUp();
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
  ["  two\n\x1b[31mlines ", "two lines"],
  ["", "Answering Reviewer"],
  [" \n", "Answering Reviewer"],
  ["with s3cret in it", "with [redacted] in it"],
  ["with s3\x1b[31mcret in it", "with [redacted] in it"],
  [`${"x".repeat(55)} s3cret`, `${"x".repeat(55)} [re…`],
];
for (const [said, task] of PROGRESS) {
  Deno.test(`after the progress ${JSON.stringify(said)} the current task is "${task}"`, () => {
    using presence = setUp();
    presence.turnStarts(message()).progress(said);
    assertEquals(presence.beat().current_task, task);
  });
}

Deno.test("the newest progress of the oldest turn is the current task, until that turn ends", () => {
  using presence = setUp();
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
  using presence = setUp();
  const first = presence.turnStarts(message({ callerName: "One" }));
  presence.turnStarts(message({ callerName: "Two" }));
  assertEquals(presence.beat().current_task, "Answering One");
  first.end(undefined);
  assertEquals(presence.beat().current_task, "Answering Two");
});

Deno.test("the error rate is the share of the last ten turns that failed, until one succeeds", () => {
  using presence = setUp();
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
  using presence = setUp();
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
    using presence = setUp();
    presence.turnStarts(message()).end(error);
    assertEquals(presence.beat().sample_error, shown);
  });
}

const OPEN: readonly (readonly [Partial<OpenWork>, string])[] = [
  [{ open: () => 1 }, "1 message waits"],
  [{ open: () => 3, owesPerson: () => true }, "3 messages wait"],
  [{ owesPerson: () => true }, "Sending an answer"],
  [{ recovered: () => ["Answering Old"], open: () => 3 }, "Answering Old"],
  [{ isHeldBack: () => true }, ""],
];
for (const [work, task] of OPEN) {
  Deno.test(`where no turn runs the current task of ${Deno.inspect(work)} is "${task}"`, () => {
    using presence = setUp();
    presence.watch({ ...nothingElse, ...work });
    assertEquals(presence.beat().current_task, task);
  });
}

Deno.test("a message is told of from its attempt on to its end, not only while its turn runs", () => {
  using presence = setUp();
  const task = () => presence.beat().current_task;
  const handling = presence.handles(message());
  assertEquals([task(), presence.activeTurns], ["Answering Reviewer", 0]);
  const turn = handling.turnStarts();
  assertEquals([task(), presence.activeTurns], ["Answering Reviewer", 1]);
  turn.end(undefined);
  assertEquals([task(), presence.activeTurns], ["Answering Reviewer", 0]);
  handling[Symbol.dispose]();
  assertEquals(task(), "");
});

Deno.test("whoever listens is told of each change, and when a beat is asked for", () => {
  using presence = setUp();
  const told: boolean[] = [];
  const leave = presence.onChange((now) => told.push(now));
  const changes = (act: () => void) => {
    told.length = 0;
    act();
    return told.length > 0;
  };
  assert(changes(() => presence.polled(new Error("down"))));
  assert(!changes(() => presence.polled(new Error("down"))));
  assert(changes(() => presence.polled(undefined)));
  assert(changes(() => presence.saved(new Error("full"))));
  let turn: RunningTurn | undefined;
  assert(changes(() => turn = presence.turnStarts(message())));
  assert(changes(() => turn?.progress("Using Bash")));
  assert(changes(() => turn?.end(undefined)));
  assertEquals(told.includes(true), false);
  assert(changes(() => presence.beatNow()));
  assertEquals(told, [true]);
  leave();
  assert(!changes(() => presence.beatNow()));
});

Deno.test("people read lines of progress: at once, then the newest every two seconds, each once, none after the turn", () => {
  using presence = setUp();
  const turn = presence.turnStarts(message({ origin: "canvas" }));
  const lines = () => presence.posted.map(({ summary }) => summary);
  turn.progress("one");
  turn.progress("two");
  turn.progress("three");
  assertEquals(lines(), ["one"]);
  presence.time.tick(1_999);
  assertEquals(lines(), ["one"]);
  presence.time.tick(1);
  assertEquals(lines(), ["one", "three"]);
  turn.progress("three");
  presence.time.tick(10_000);
  assertEquals(lines(), ["one", "three"]);
  turn.progress("four");
  turn.progress("five");
  turn.end(undefined);
  presence.time.tick(10_000);
  assertEquals(lines(), ["one", "three", "four"]);
  assertEquals(presence.posted[0], {
    activity_type: "task_update",
    summary: "one",
  });
});

Deno.test("a line of progress is one line of at most 200 characters, without escapes and secrets", () => {
  using presence = setUp();
  const turn = presence.turnStarts(message({ origin: "canvas" }));
  turn.progress(`\x1b[1mA\x1b[0m\r\nB s3cret ${"x".repeat(300)}`);
  const [line] = presence.posted;
  assert(line?.summary.startsWith("A B [redacted] xxx"), line?.summary);
  assertEquals([...line!.summary].length, 200);
});

for (const origin of ["peer", "channel"] as const) {
  Deno.test(`of the progress of a ${origin}'s turn only the current task tells`, () => {
    using presence = setUp();
    presence.turnStarts(message({ origin })).progress("Using Bash");
    presence.time.tick(10_000);
    assertEquals(presence.posted, []);
    assertEquals(presence.beat().current_task, "Using Bash");
  });
}

Deno.test("a turn of more than five minutes gives a sign of life every three minutes, until it ends", () => {
  using presence = setUp();
  const turn = presence.turnStarts(message());
  const minutes = (count: number) => presence.time.tick(count * 60_000);
  minutes(4);
  assertEquals(presence.posted, []);
  minutes(1);
  minutes(3);
  minutes(3);
  assertEquals(
    presence.posted,
    [5, 8, 11].map((at) => ({
      activity_type: "agent_log",
      summary: `Still working (${at} min)`,
    })),
  );
  turn.cut();
  minutes(10);
  assertEquals(presence.posted.length, 3);
});

Deno.test("the platform gets a sign of life when it asks for one, where a turn runs", () => {
  using presence = setUp();
  presence.isAskedForLife();
  assertEquals(presence.posted, []);
  presence.turnStarts(message());
  presence.isAskedForLife();
  assertEquals(presence.posted, [
    { activity_type: "agent_log", summary: "Still working" },
  ]);
});

Deno.test("a back end that cannot be used is an error rate of one, until it can", () => {
  using presence = setUp();
  let unusable = "This agent is not set up: log in.";
  presence.watchConfiguration(() => unusable);
  assertEquals([presence.beat().error_rate, presence.beat().sample_error], [
    1,
    unusable,
  ]);
  unusable = "";
  assertEquals([presence.beat().error_rate, presence.beat().sample_error], [
    0,
    "",
  ]);
});
