/** Kills at random, with four conversations at once. */
import { randomKills } from "./random_runs.ts";

randomKills({ concurrency: 4, seeds: [11, 20] });
