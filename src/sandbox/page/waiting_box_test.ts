import { assertEquals } from "@std/assert";
import { CLOSED, next, QUEUED, seconds, shownLines } from "./waiting_box.js";

type Box = typeof CLOSED;
type BoxEvent = Parameters<typeof next>[1];
type Activity = Extract<BoxEvent, { type: "activity" }>["activity"];

const sent = (at = 0): BoxEvent => ({ type: "sent", at });
const notify: BoxEvent = { type: "notify" };
const task = (task: string, at = 0): BoxEvent => ({ type: "task", task, at });
const log = (activity: Activity): BoxEvent => ({
  type: "activity",
  activity: { source_id: "w", ...activity },
  workspaceId: "w",
  names: (id) => id === "w" ? "agent" : "peer",
});
const receipt = log({
  activity_type: "a2a_receive",
  method: "message/send",
  status: "ok",
  duration_ms: 1,
  summary: "picked up",
});

function after(...events: BoxEvent[]): Box {
  return events.reduce(next, CLOSED);
}

function open(...events: BoxEvent[]): boolean {
  return after(...events).open;
}

Deno.test("a question opens the box, and no time closes it", () => {
  const box = after(sent(1_000));
  assertEquals(shownLines(box), [QUEUED]);
  assertEquals(seconds(box, 3_601_999), 3_600);
});

Deno.test("one open question without a task: the first notify closes the box", () => {
  assertEquals(open(sent(), notify), false);
  assertEquals(shownLines(after(sent(), notify)), []);
});

Deno.test("two open questions: no notify closes the box", () => {
  assertEquals(open(sent(), sent(), notify, notify, notify), true);
});

Deno.test("two open questions: neither receipts nor the end of the task close the box", () => {
  assertEquals(
    open(
      sent(),
      sent(),
      task("Answering"),
      receipt,
      receipt,
      notify,
      notify,
      task(""),
    ),
    true,
  );
});

Deno.test("a task keeps the box open through notifies, until the beat without one", () => {
  assertEquals(open(sent(), task("Working"), notify), true);
  assertEquals(open(sent(), task("Working"), notify, task("")), false);
});

Deno.test("a task opens the box of a person who sent nothing", () => {
  const box = after(task("Answering peer", 5_000));
  assertEquals(shownLines(box), ["Answering peer"]);
  assertEquals(seconds(box, 7_000), 2);
});

Deno.test("after a receipt of the only open question the task alone rules the box", () => {
  const both = [
    sent(),
    task("Answering a person"),
    receipt,
    sent(),
    receipt,
    notify,
  ];
  assertEquals(open(...both), true);
  assertEquals(open(...both, notify), true);
  assertEquals(open(...both, notify, task("")), false);
});

Deno.test("a receipt before the task closes the box, which comes back without its line", () => {
  assertEquals(open(sent(), receipt), false);
  const back = after(sent(), receipt, task("Answering a person"));
  assertEquals(back.open, true);
  assertEquals(shownLines(back), []);
  const later = next(next(back, task("")), task("Another"));
  assertEquals(shownLines(later), ["Another"]);
});

Deno.test("reports of the workspace are lines, repeats collapse, and the task stands last", () => {
  const update = log({ activity_type: "task_update", summary: "Using Bash" });
  assertEquals(
    shownLines(after(
      sent(),
      task("Answering a person"),
      receipt,
      update,
      update,
      log({ activity_type: "agent_log", summary: "still **at work**" }),
      log({ activity_type: "a2a_send", target_id: "p" }),
    )),
    [
      "← agent responded (0s)",
      "⟳ Using Bash",
      "still **at work**",
      "→ Delegating to peer…",
      "Answering a person",
    ],
  );
});

Deno.test("reports of others, and those without a box, are no lines", () => {
  const line = log({ activity_type: "agent_log", summary: "x" });
  const foreign = log({
    activity_type: "agent_log",
    summary: "x",
    source_id: "p",
  });
  assertEquals(after(line), CLOSED);
  assertEquals(shownLines(after(sent(), foreign)), [QUEUED]);
});

Deno.test("a failure that is only reported closes the box without a word", () => {
  for (
    const failed of [
      log({ activity_type: "error", summary: "broken" }),
      log({ activity_type: "a2a_receive", status: "error", summary: "broken" }),
    ]
  ) {
    assertEquals(open(sent(), failed), false);
    assertEquals(open(sent(), sent(), failed), true);
  }
});

Deno.test("a question that was not taken does not wait", () => {
  assertEquals(open(sent(), { type: "unsent" }), false);
  assertEquals(open(sent(), sent(), { type: "unsent" }), true);
  assertEquals(open(sent(), sent(), { type: "unsent" }, notify), false);
  assertEquals(open(sent(), task("Working"), { type: "unsent" }), true);
});

Deno.test("a reload, or a look at another workspace, ends the most endless box", () => {
  const box = after(sent(), sent(), { type: "reset", task: "Working" });
  assertEquals(box.open, false);
  assertEquals(open(sent(), { type: "reset", task: "" }, notify), false);
  // The task is still known: the next question's receipt does not close its box.
  assertEquals([sent(), receipt].reduce(next, box).open, true);
});
