/** One case: a scenario, and the kills that hit it, one life after the other. */
import { assert } from "@std/assert";
import type { Kill } from "./child.ts";
import type { Scenario } from "./scenarios.ts";
import { Stage } from "./stage.ts";

/** How a case is played. */
export interface CaseOptions {
  /** Whether one more life looks, at the end, that there really is nothing left to do. */
  readonly looksAgain: boolean;
}

/** Plays `scenario`; each of `kills` ends a life, and must. Then it runs to its end, and nothing may be amiss. */
export async function playCase(
  scenario: Scenario,
  kills: readonly Kill[],
  { looksAgain }: CaseOptions,
): Promise<void> {
  await using stage = await Stage.set(scenario.wish);
  await scenario.prepare(stage);
  for (const kill of kills) {
    const killed = await stage.live(kill);
    assert(killed, `the ${kill.nth}. "${kill.at}" was never reached`);
    await scenario.mend?.(stage);
  }
  while (!stage.isDone) await stage.live(undefined);
  stage.verify();
  await scenario.check?.(stage);
  if (!looksAgain) return;
  await stage.idle();
  stage.verify();
}
