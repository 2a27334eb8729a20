/** Killed at later occurrences of each step, and killed there once more while it recovers. */
import { CRASH_POINTS } from "../../src/crash_points.ts";
import { playCase } from "./case.ts";
import { CHANNEL_PLANS, planOf, TOLD_POINTS } from "./plan.ts";
import { usual } from "./scenarios.ts";

for (const at of TOLD_POINTS) {
  for (const nth of [1, 3, 6]) {
    Deno.test(`killed at "${at}" number ${nth}: ${usual.name}`, async () => {
      await playCase(usual, [{ at, nth }], { looksAgain: true });
    });
  }
}

for (const [at, { scenario, nths }] of CHANNEL_PLANS) {
  for (const nth of nths.slice(1)) {
    Deno.test(`killed at "${at}" number ${nth}: ${scenario.name}`, async () => {
      await playCase(scenario, [{ at, nth }, { at, nth: 1 }], {
        looksAgain: true,
      });
    });
  }
}

for (const at of CRASH_POINTS) {
  const { scenario, lead, nths, again } = planOf(at);
  for (const nth of nths.slice(1)) {
    Deno.test(`killed at "${at}" number ${nth}: ${scenario.name}`, async () => {
      await playCase(scenario, [...lead, { at, nth }], { looksAgain: true });
    });
  }
  if (!again) continue;
  Deno.test(`killed at the first "${at}" of two lives: ${scenario.name}`, async () => {
    await playCase(scenario, [
      ...lead,
      { at, nth: 1 },
      { at, nth: 1 },
    ], {
      looksAgain: true,
    });
  });
}
