/** Kills at random, one message after the other. */
import { randomKills } from "./random_runs.ts";

randomKills({ concurrency: 1, seeds: [1, 10] });
