import { assert, assertEquals } from "@std/assert";
import { type DeadLetter, letterId } from "./dead_letter.ts";
import { secondTry } from "./second_try.ts";

const own = { workspaceId: "w-1", isOwnUpload: () => false };

const message: DeadLetter = {
  ...{ kind: "message", workspace_id: "w-1", row: "r-1", retry: 0 },
  ...{ message_id: "", caller_id: "p-1", reason: "no", attempts: 3 },
  failed_at: "2026-08-14T09:33:04.000Z",
  payload: {
    id: "r-1",
    source_id: "p-1",
    method: "message/send",
    request_body: { params: { message: { messageId: "m", content: "hi" } } },
  },
};

const saved = {
  ...{ id: "a-1", row: "r-1", peer: "", origin: "canvas", lane: "l" },
  ...{ steps: ["notify"], context: "c", task: "", metadata: { reply: true } },
  ...{ saved: 1, tries: 5, unsure: { cursor: "", began: 1 } },
  parts: [{ kind: "text", text: "re" }],
};
const answer: DeadLetter = { ...message, kind: "reply", payload: saved };

function deliveryOf(letter: DeadLetter) {
  const made = secondTry(letter, own, 10);
  if (made.is !== "message") throw new Error(made.is);
  return made.delivery;
}

function entryOf(letter: DeadLetter) {
  const made = secondTry(letter, own, 10);
  if (made.is !== "answer") throw new Error(made.is);
  return made.entry;
}

Deno.test("a message is the same delivery each time, and another one than the first or the next try", () => {
  const first = deliveryOf(message);
  const next = deliveryOf({ ...message, retry: 1 });
  assertEquals(deliveryOf(message), first);
  assertEquals(new Set(["r-1", first.id, next.id]).size, 3);
  assertEquals([first.retry, next.retry?.n], [
    { n: 1, letter: letterId(message) },
    2,
  ]);
  assertEquals([first.message.activityId, first.message.text, first.bytes], [
    "r-1",
    "hi",
    10,
  ]);
  // Its own (source, messageId) is among those that were handled.
  assertEquals([first.key, first.lane], ["", next.lane]);
});

Deno.test("an answer begins anew under another id, the same each time", () => {
  const { id, saved: at, ...rest } = entryOf(answer);
  assertEquals(rest, {
    ...{ row: "r-1", peer: "", origin: "canvas", lane: "l", context: "c" },
    ...{ steps: ["notify"], task: "", metadata: { reply: true } },
    ...{ tries: 0, retry: 1 },
  });
  assert(at > 1);
  assertEquals(entryOf(answer).id, id);
  const other = { ...saved, id: "a-2" };
  const ids = [
    "a-1",
    id,
    entryOf({ ...answer, retry: 1 }).id,
    entryOf({ ...answer, payload: other }).id,
  ];
  assertEquals(new Set(ids).size, 4);
});

Deno.test("the files of an answer are uploaded anew", () => {
  const payload = { ...saved, uploaded: { at: 1, files: [] } };
  const entry = entryOf({ ...answer, payload });
  assertEquals([entry.steps, entry.uploaded], [
    ["upload", "notify"],
    undefined,
  ]);
});

Deno.test("what is no work any more, or has no payload, is not tried", () => {
  const payload = { ...message.payload as object, source_id: "w-1" };
  assertEquals(secondTry({ ...message, payload }, own, 0), {
    is: "nothing",
    why: "it is no work (skip_self)",
  });
  const lost = { ...message, payload: null, payload_missing: "too large" };
  assertEquals(secondTry(lost, own, 0), { is: "nothing", why: "too large" });
});
