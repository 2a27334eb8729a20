/** One case: a scenario, and the kills that hit it, one life after the other. */
import { assert } from "@std/assert";
import type { Kill } from "./child.ts";
import type { Scenario } from "./scenarios.ts";
import { Stage } from "./stage.ts";

/** Plays `scenario`; each of `kills` ends a life, and must. Then it runs to its end, and nothing may be amiss. */
export async function playCase(
  scenario: Scenario,
  kills: readonly Kill[],
): Promise<void> {
  await using stage = await Stage.set(scenario.wish);
  await scenario.prepare(stage);
  for (const kill of kills) {
    const killed = await stage.live(kill);
    assert(killed, `the ${kill.nth}. "${kill.at}" was never reached`);
    await scenario.mend?.(stage);
  }
  await stage.live(undefined);
  stage.verify();
  scenario.check?.(stage);
  await stage.idle();
  stage.verify();
}
