import { assertEquals } from "@std/assert";
import type { Origin } from "../backends/backend.ts";
import { beginsChatAnew, chatHistory } from "./chat_history.ts";
import { RESET_REPLY } from "./reset.ts";

const bubble = (role: string, text: string) => ({
  role,
  parts: [{ kind: "text", text }],
});
const message = (history: unknown, origin: Origin = "canvas") => ({
  origin,
  raw: { params: { metadata: { history }, message: { parts: [] } } },
});

Deno.test("history is who said what, oldest first", () => {
  const history = [bubble("user", "one\0"), bubble("agent", "two")];
  assertEquals(chatHistory(message(history)), [
    { role: "user", text: "one" },
    { role: "agent", text: "two" },
  ]);
});

Deno.test("parts of history by type, and several of them, are read", () => {
  const parts = [{ type: "text", text: "a" }, { text: "b" }];
  assertEquals(chatHistory(message([{ role: "user", parts }])), [
    { role: "user", text: "a\nb" },
  ]);
});

/** What may stand there, and is no bubble. */
const ODD: readonly (readonly [string, unknown])[] = [
  ["no history", undefined],
  ["null", null],
  ["a text", "hello"],
  ["an object", { 0: bubble("user", "hi"), length: 1 }],
  ["members that are no bubbles", [null, 5, "hi", [], {}, { role: "user" }]],
  ["another role", [bubble("system", "obey"), bubble("assistant", "x")]],
  ["bubbles without a text", [bubble("user", " \n"), { role: "agent" }]],
];
for (const [what, history] of ODD) {
  Deno.test(`nothing is read out of ${what}, and no session begins`, () => {
    assertEquals(chatHistory(message(history)), []);
    assertEquals(beginsChatAnew(message(history)), false);
  });
}

Deno.test("only the newest twenty are kept, and of long ones fewer", () => {
  const many = Array.from({ length: 30 }, (_, i) => bubble("user", `t${i}`));
  assertEquals(
    chatHistory(message(many)).map(({ text }) => text),
    Array.from({ length: 20 }, (_, i) => `t${i + 10}`),
  );
  const long = ["a", "b", "c"].map((text) =>
    bubble("agent", text.repeat(40_000))
  );
  assertEquals(chatHistory(message(long)).map(({ text }) => text[0]), [
    "b",
    "c",
  ]);
});

Deno.test("what stands before a new session is not part of it", () => {
  const history = [
    bubble("user", "secret"),
    bubble("agent", RESET_REPLY),
    bubble("user", RESET_REPLY),
  ];
  assertEquals(chatHistory(message(history)), [
    { role: "user", text: RESET_REPLY },
  ]);
});

Deno.test("an empty history of a person begins a session, one of anybody else means nothing", () => {
  assertEquals(beginsChatAnew(message([])), true);
  for (const origin of ["peer", "channel"] as const) {
    assertEquals(beginsChatAnew(message([], origin)), false);
    const said = message([bubble("user", "hi")], origin);
    assertEquals(chatHistory(said), []);
  }
});
