/** One test for each seed. */
import { KILLS_PER_RUN, RandomStage } from "./random_stage.ts";

/** Which runs. */
export interface RandomRuns {
  readonly concurrency: number;
  /** From the first seed to the last. */
  readonly seeds: readonly [first: number, last: number];
}

/** Makes the tests. A failure says how to play its seed again. */
export function randomKills({ concurrency, seeds }: RandomRuns): void {
  const [first, last] = seeds;
  for (let seed = first; seed <= last; seed++) {
    const name =
      `${KILLS_PER_RUN} random kills, ${concurrency} at once, seed ${seed}.`;
    Deno.test(name, async () => {
      try {
        await RandomStage.play(seed, concurrency);
      } catch (cause) {
        throw new Error(
          `seed ${seed} failed; again: deno task test:crash --filter "seed ${seed}."`,
          { cause },
        );
      }
    });
  }
}
