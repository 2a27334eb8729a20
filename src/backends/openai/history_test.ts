import { assert, assertEquals } from "@std/assert";
import {
  newestTurns,
  readHistory,
  type Turn,
  turnsOfChat,
  writeHistory,
} from "./history.ts";

function turn(n: number, size = 1): Turn {
  return {
    row: `row-${n}`,
    user: "q".repeat(size),
    assistant: "a".repeat(size),
  };
}

const TURNS = [1, 2, 3, 4, 5].map((n) => turn(n));
const MANY = { turns: 1_000, chars: 10_000_000 };

Deno.test("a history comes back as it was written", () => {
  assertEquals(readHistory(writeHistory(TURNS)), TURNS);
});

for (
  const kept of [
    undefined,
    "",
    "no JSON",
    "null",
    "[1]",
    `"thread-1"`,
    `{"thread":"7"}`,
    `{"format":"openai-chat-1"}`,
    `{"format":"openai-chat-1","turns":[{"row":"r"},null,7]}`,
  ]
) {
  Deno.test(`readHistory() finds nothing in ${kept}`, () => {
    assertEquals(readHistory(kept), []);
  });
}

Deno.test("newestTurns() leaves the oldest out", () => {
  const rows = (limits: { turns: number; chars: number }) =>
    newestTurns(TURNS, limits).map(({ row }) => row);
  assertEquals(rows({ turns: 2, chars: 100 }), ["row-4", "row-5"]);
  assertEquals(rows({ turns: 9, chars: 4 }), ["row-4", "row-5"]);
  assertEquals(rows({ turns: 9, chars: 5 }), ["row-4", "row-5"]);
  assertEquals(rows({ turns: 0, chars: 100 }), []);
  assertEquals(rows({ turns: 9, chars: 1 }), []);
});

Deno.test("newestTurns() has no gap: after a turn that is too long nothing older is kept", () => {
  const turns = [turn(1), turn(2, 1_000), turn(3)];
  assertEquals(newestTurns(turns, { turns: 9, chars: 100 }), [turn(3)]);
});

Deno.test("newestTurns() keeps what a session can hold, whatever a character takes", () => {
  const wide = Array.from({ length: 100 }, (_, n) => ({
    row: `row-${n}`,
    user: "漢".repeat(2_000),
    assistant: "\u0001".repeat(500),
  }));
  const kept = newestTurns(wide, MANY);
  const bytes = new TextEncoder().encode(writeHistory(kept)).length;
  assert(kept.length > 10 && bytes <= 256 * 1024, `${kept.length}, ${bytes}`);
  assertEquals(kept.at(-1), wide.at(-1));
});

Deno.test("of a chat the questions that were answered are turns", () => {
  const said = (role: "user" | "agent", text: string) => ({ role, text });
  const history = [
    said("agent", "Welcome"),
    said("user", "one"),
    said("agent", "first"),
    said("agent", "more"),
    said("user", "two"),
    said("user", "three"),
    said("agent", "third"),
    said("user", "open"),
  ];
  assertEquals(turnsOfChat(history), [
    { row: "", user: "one", assistant: "first" },
    { row: "", user: "three", assistant: "third" },
  ]);
});
