// deno-lint-ignore-file no-console
/**
 * Simulates many seeds on every core, and says which of them break a promise.
 *
 *     deno task test:model
 *     deno task test:model --seeds 50000 --from 10001
 *     deno task test:model --seed 4711 --trace
 */
import { parseArgs } from "@std/cli/parse-args";
import { addCounts, missed, notCrashedAt } from "./coverage.ts";
import { simulate } from "./simulation.ts";
import type { Job, JobResult } from "./worker.ts";

/** So many seeds are simulated where nobody says otherwise. */
const SEEDS = 10_000;
/** So many seeds a worker gets at a time. */
const CHUNK = 50;
/** Fewer seeds need not meet everything. */
const ENOUGH_TO_COVER = 5_000;
/** A trace is as long as its simulation; its end tells most. */
const TRACE_LINES = 150;

/** One seed, with everything that happens in it. */
async function replay(seed: number, traced: boolean): Promise<boolean> {
  const { violations } = await simulate(
    seed,
    traced ? (line) => console.log(line) : undefined,
  );
  console.log(violations.join("\n") || `seed ${seed}: every promise holds`);
  return violations.length === 0;
}

/** How a seed came to break a promise. */
async function show(seed: number, violations: readonly string[]) {
  const lines: string[] = [];
  await simulate(seed, (line) => lines.push(line));
  console.log(`\nseed ${seed}: ${violations.join("; ")}`);
  console.log(lines.slice(-TRACE_LINES).join("\n"));
  console.log(`to replay: deno task test:model --seed ${seed} --trace\n`);
}

async function runAll(from: number, seeds: number): Promise<boolean> {
  const startedAt = performance.now();
  const counts = new Map<string, number>();
  const failed: JobResult["failed"][number][] = [];
  let next = from;
  let done = 0;
  let told = 0;
  const work = async () => {
    const url = new URL("./worker.ts", import.meta.url);
    const worker = new Worker(url, { type: "module" });
    while (next < from + seeds) {
      const job: Job = {
        from: next,
        to: Math.min(next + CHUNK, from + seeds),
      };
      next = job.to;
      const result = Promise.withResolvers<JobResult>();
      worker.onmessage = ({ data }) => result.resolve(data);
      worker.onerror = (event) => result.reject(new Error(event.message));
      worker.postMessage(job);
      const { seeds: simulated, failed: broken, counts: more } = await result
        .promise;
      done += simulated;
      failed.push(...broken);
      addCounts(counts, more);
      for (const { seed, violations } of broken) await show(seed, violations);
      if (done - told >= 1_000) {
        told = done;
        console.log(`${done} seeds, ${failed.length} broke a promise`);
      }
    }
    worker.terminate();
  };
  await Promise.all(
    Array.from({ length: navigator.hardwareConcurrency }, work),
  );

  for (const [what, times] of [...counts].sort()) {
    console.log(`${String(times).padStart(9)}  ${what}`);
  }
  const lacking = seeds < ENOUGH_TO_COVER ? [] : missed(counts);
  for (const what of lacking) console.log(`no seed met this: ${what}`);
  for (const step of notCrashedAt(counts)) {
    console.log(`no seed crashed at: ${step}`);
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  console.log(
    `${done} seeds in ${
      Math.round(seconds)
    } s, ${failed.length} broke a promise`,
  );
  return failed.length === 0 && lacking.length === 0;
}

const args = parseArgs(Deno.args.filter((arg) => arg !== "--"), {
  string: ["seeds", "from", "seed"],
  boolean: ["trace"],
});
const isWell = args.seed === undefined
  ? await runAll(Number(args.from ?? 1), Number(args.seeds ?? SEEDS))
  : await replay(Number(args.seed), args.trace);
Deno.exit(isWell ? 0 : 1);
