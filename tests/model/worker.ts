/** Simulates the seeds that it is sent, a few at a time. */
import { addCounts } from "./coverage.ts";
import { simulate } from "./simulation.ts";

/** Which seeds to simulate. */
export interface Job {
  readonly from: number;
  /** The first one that is not simulated any more. */
  readonly to: number;
}

/** What the simulations of a job came to. */
export interface JobResult {
  readonly seeds: number;
  readonly failed: readonly {
    readonly seed: number;
    readonly violations: readonly string[];
  }[];
  readonly counts: ReadonlyMap<string, number>;
}

async function run({ from, to }: Job): Promise<JobResult> {
  const counts = new Map<string, number>();
  const failed = [];
  for (let seed = from; seed < to; seed++) {
    const outcome = await simulate(seed);
    addCounts(counts, outcome.counts);
    const { violations } = outcome;
    if (violations.length > 0) failed.push({ seed, violations });
  }
  return { seeds: to - from, failed, counts };
}

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<Job>) => void;
  postMessage(result: JobResult): void;
};
scope.onmessage = async ({ data }) => scope.postMessage(await run(data));
