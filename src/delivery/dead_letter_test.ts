import { assertEquals, assertMatch } from "@std/assert";
import {
  type DeadLetter,
  letterId,
  letterText,
  notRetryable,
  readLetter,
} from "./dead_letter.ts";

const letter: DeadLetter = {
  kind: "message",
  workspace_id: "w-1",
  row: "r-1",
  retry: 0,
  message_id: "",
  caller_id: "p-1",
  reason: "it was tried three times",
  attempts: 3,
  failed_at: "2026-08-14T09:33:04.000Z",
  payload: { id: "r-1", text: 'any "text" 😀 \ud800', deep: [null, 1.5] },
};

Deno.test("a letter is read as it was written", () => {
  assertEquals(readLetter(letterText(letter), "w-1"), { letter });
});

Deno.test("letters of another kind, row, retry or answer are other letters", () => {
  const ids = [
    {},
    { kind: "reply" },
    { row: "r-2" },
    { retry: 1 },
    { message_id: "m-1" },
  ].map((more) => letterId({ ...letter, ...more } as DeadLetter));
  assertEquals(new Set(ids).size, 5);
  const again: DeadLetter = { ...letter, reason: "another" };
  assertEquals(ids[0], letterId(again));
});

Deno.test("no byte of a letter's file can be another one, and nothing can be cut off", () => {
  const bytes = new TextEncoder().encode(letterText(letter));
  const isWhole = (changed: Uint8Array) =>
    "letter" in readLetter(new TextDecoder().decode(changed), "w-1");
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.slice();
    changed[at]! ^= 1;
    assertEquals(isWhole(changed), false, `byte ${at}`);
    assertEquals(isWhole(bytes.slice(0, at)), false, `length ${at}`);
  }
});

Deno.test("readLetter() believes no letter of another workspace, version or shape", () => {
  for (
    const [more, damage] of [
      [{ workspace_id: "w-2" }, /belongs to workspace "w-2"/],
      [{ version: 2 }, /has version 2/],
      [{ kind: "letter" }, /another shape/],
      [{ retry: 0.5 }, /another shape/],
      [{ reason: 7 }, /another shape/],
    ] as const
  ) {
    const read = readLetter(letterText({ ...letter, ...more } as never), "w-1");
    assertMatch("damage" in read ? read.damage : "", damage);
  }
});

Deno.test("a payload that JSON cannot hold is left out, with the reason", () => {
  const read = readLetter(letterText({ ...letter, payload: 1n }), "w-1");
  const found = "letter" in read ? read.letter : undefined;
  assertEquals(found?.payload, null);
  assertMatch(found?.payload_missing ?? "", /cannot be written/);
  assertMatch(notRetryable(found!) ?? "", /cannot be written/);
});

const answer = {
  ...{ id: "m-1", row: "r-1", peer: "p-1", origin: "peer", lane: "l" },
  ...{
    steps: ["a2a"],
    context: "",
    task: "",
    metadata: {},
    saved: 1,
    tries: 5,
  },
  parts: [{ kind: "text", text: "re" }],
};

for (
  const [what, more, why] of [
    ["a message", {}, undefined],
    ["a message whose id was a number", {
      row: "7",
      payload: { id: 7 },
    }, undefined],
    ["an answer", { kind: "reply", payload: answer }, undefined],
    [
      "a row that was too large",
      { payload: null, payload_missing: "the row is too large to be read" },
      "the row is too large to be read",
    ],
    [
      "a message with another row",
      { payload: { id: "r-2" } },
      "its payload is no row of the feed",
    ],
    [
      "an answer whose text was damaged",
      { kind: "reply", payload: { ...answer, parts: [] } },
      "the answer was damaged before it was given up",
    ],
    [
      "an answer of another shape",
      { kind: "reply", payload: { ...answer, steps: ["shout"] } },
      "the answer was damaged before it was given up",
    ],
  ] as const
) {
  Deno.test(`notRetryable(): ${what}`, () => {
    assertEquals(notRetryable({ ...letter, ...more }), why);
  });
}
