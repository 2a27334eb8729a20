import { assertEquals } from "@std/assert";
import { isState } from "./shape.ts";

const STATE = {
  workspace_id: "w",
  last_since_id: "r1",
  settled_since_id: "r1",
  settled_at: 1,
  floor: 1,
  attempts: { r2: { n: 1, at: 1, turn: "t", row: "r" } },
  children: [{ pid: 7, started: "s", row: "r2" }],
  handled: [["r1", 1, "k"]],
  handled_files: [0, 2],
  outbox: [{
    id: "i",
    row: "r",
    peer: "p",
    origin: "peer",
    lane: "l",
    steps: ["a2a"],
    context: "",
    task: "",
    metadata: {},
    saved: 1,
    tries: 0,
  }],
  told: { r2: 1 },
  epochs: { newest: 1, all: 1, own: { l: [1, 1] } },
  retried: ["l"],
  exchanges: [["l", 0, 1, 2]],
};

Deno.test("isState() takes a whole state, and one of the two keys alone", () => {
  assertEquals(isState(STATE), true);
  assertEquals(isState({ workspace_id: "w", last_since_id: "" }), true);
});

for (const name of Object.keys(STATE)) {
  for (const value of [null, true, {}, [7], [[7]]]) {
    const mayBeEmpty = name === "attempts" || name === "told";
    if (mayBeEmpty && JSON.stringify(value) === "{}") continue;
    Deno.test(`isState() refuses ${JSON.stringify(value)} as ${name}`, () => {
      assertEquals(isState({ ...STATE, [name]: value }), false);
    });
  }
}
