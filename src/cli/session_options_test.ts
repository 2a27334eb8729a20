import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../errors.ts";
import { takeSessionOptions } from "./session_options.ts";

Deno.test("the session options are taken out, the others are left for the back end", () => {
  const given = { session: "new", reset_command: "/new", cmd: "cat" };
  assertEquals(takeSessionOptions(given), {
    session: "new",
    resetCommand: "/new",
    rest: { cmd: "cat" },
  });
  assertEquals(takeSessionOptions({ cmd: "cat" }), {
    session: undefined,
    resetCommand: undefined,
    rest: { cmd: "cat" },
  });
});

const REFUSED: readonly (readonly [Record<string, string>, RegExp])[] = [
  [{ session: "newest" }, /^--backend-opt session "newest"/],
  [{ session: "" }, /^--backend-opt session ""/],
  [{ reset_command: "" }, /^--backend-opt reset_command ""/],
  [{ reset_command: " " }, /^--backend-opt reset_command " "/],
  [{ reset_command: "x".repeat(101) }, /^--backend-opt reset_command /],
];
for (const [given, message] of REFUSED) {
  Deno.test(`${JSON.stringify(given).slice(0, 40)} is refused`, () => {
    const error = assertThrows(() => takeSessionOptions(given), UsageError);
    assertEquals(message.test(error.message), true, error.message);
  });
}
