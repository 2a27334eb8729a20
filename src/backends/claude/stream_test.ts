import { assertEquals } from "@std/assert";
import { ClaudeStream } from "./stream.ts";

function read(...lines: unknown[]) {
  const told: string[] = [];
  const stream = new ClaudeStream((text) => told.push(text));
  for (const line of lines) {
    stream.take(typeof line === "string" ? line : JSON.stringify(line));
  }
  return { stream, told };
}

function call(...names: unknown[]) {
  const content = names.map((name) => ({
    type: "tool_use",
    name,
    input: { command: "secret" },
  }));
  return { type: "assistant", message: { content } };
}

Deno.test("ClaudeStream keeps the last result", () => {
  const first = { type: "result", result: "first" };
  const last = { type: "result", result: "last" };
  assertEquals(read(first, { type: "system" }, last).stream.result, last);
});

Deno.test("ClaudeStream does not mind what it does not know", () => {
  const { stream, told } = read(
    { type: "new_thing" },
    "no JSON",
    "[]",
    `"result"`,
    "null",
    { type: "assistant" },
    { type: "assistant", message: { content: "text" } },
    { type: "rate_limit_event" },
    { type: "system", subtype: "api_retry" },
  );
  assertEquals(stream.result, undefined);
  assertEquals(stream.stray, "no JSON");
  assertEquals(told, ["Waiting for the model"]);
});

Deno.test("ClaudeStream tells the tool that is called, never what it is called with", () => {
  assertEquals(read(call("Bash"), call("Read", "Gr\x1bep"), call()).told, [
    "Using Bash",
    "Using Grep",
  ]);
});

Deno.test("ClaudeStream knows when a limit that was met ends", () => {
  const info = { status: "rejected", resetsAt: 1_795_557_540 };
  const event = { type: "rate_limit_event", rate_limit_info: info };
  assertEquals(read(event).stream.resetsAt, 1_795_557_540_000);
  const allowed = { ...event, rate_limit_info: { ...info, status: "allowed" } };
  assertEquals(read(allowed).stream.resetsAt, undefined);
  const strange = { ...event, rate_limit_info: { ...info, resetsAt: "soon" } };
  assertEquals(read(strange).stream.resetsAt, undefined);
});

Deno.test("ClaudeStream knows the status of the last try", () => {
  const retry = (error_status: unknown) => ({
    type: "system",
    subtype: "api_retry",
    error_status,
  });
  assertEquals(read(retry(500), retry(529)).stream.retryStatus, 529);
  assertEquals(read(retry(529), retry(null)).stream.retryStatus, undefined);
  // The overload was over by then: what fails later has another reason.
  assertEquals(read(retry(529), call("Bash")).stream.retryStatus, undefined);
  // Claude's own words, where every try failed.
  const last = { type: "assistant", message: { model: "<synthetic>" } };
  assertEquals(read(retry(529), last).stream.retryStatus, 529);
});
