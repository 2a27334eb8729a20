import { assertEquals } from "@std/assert";
import { testContext, testMessage } from "../testing/backend_context.ts";
import { textReply } from "./backend.ts";
import { createBackend } from "./registry.ts";

const CASES: readonly (readonly [Record<string, string>, string, string])[] = [
  [{}, "hi", "echo: hi"],
  [{ reply: "%s, %s!" }, "hi", "hi, hi!"],
  [{ reply: "fixed" }, "hi", "fixed"],
  [{ reply: "<%s>" }, "$& $1 $$ %s", "<$& $1 $$ %s>"],
  [{ reply: "" }, "hi", ""],
];

for (const [options, text, expected] of CASES) {
  Deno.test(`mock with ${JSON.stringify(options)} answers ${JSON.stringify(expected)}`, async () => {
    const backend = createBackend("mock", options);
    const reply = await backend.handle(testMessage(text), testContext());
    assertEquals(reply, textReply(expected));
  });
}
