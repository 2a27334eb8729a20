/** A connector killed with SIGKILL at each step that has a name: nothing is lost, nothing answered twice. */
import { assertEquals } from "@std/assert";
import { CRASH_POINTS } from "../../src/crash_points.ts";
import { playCase } from "./case.ts";
import { CHANNEL_PLANS, planOf } from "./plan.ts";
import { longAnswer } from "./scenarios.ts";

for (const at of CRASH_POINTS) {
  const { scenario, lead } = planOf(at);
  Deno.test(`killed at the first "${at}": ${scenario.name}`, async () => {
    await playCase(scenario, [...lead, { at, nth: 1 }], { looksAgain: false });
  });
}

for (const [at, { scenario, nths }] of CHANNEL_PLANS) {
  Deno.test(`killed at the first "${at}": ${scenario.name}`, async () => {
    await playCase(scenario, [{ at, nth: nths[0]! }], { looksAgain: false });
  });
}

for (const at of ["post answered", "entry removed saved"] as const) {
  Deno.test(`killed between two bubbles of one answer, at "${at}"`, async () => {
    await playCase(longAnswer, [{ at, nth: 2 }], { looksAgain: false });
  });
}

Deno.test("a message whose turn is killed as often as it may be tried is given up, and its sender told once", async () => {
  const kill = { at: "told asked", nth: 1 };
  await playCase(
    {
      name: "killed in the same turn",
      wish: { maxAttempts: 3 },
      prepare: (stage) => stage.castOfTwelve(),
      check: ({ kept, sent }) =>
        assertEquals(kept.deadLetters("message"), [sent[0]!.row]),
    },
    [kill, kill, kill],
    { looksAgain: true },
  );
});
