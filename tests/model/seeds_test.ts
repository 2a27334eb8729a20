/** The first few hundred seeds of the simulation; `deno task test:model` runs all of them. */
import { assertEquals, assertNotEquals } from "@std/assert";
import { simulate } from "./simulation.ts";

/** Quick enough for every run of the suite. */
const SEEDS = 200;

async function traceOf(seed: number): Promise<string[]> {
  const lines: string[] = [];
  await simulate(seed, (line) => lines.push(line));
  return lines;
}

Deno.test(`the promises hold in ${SEEDS} simulations`, async () => {
  const broken = [];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { violations } = await simulate(seed);
    if (violations.length > 0) broken.push({ seed, violations });
  }
  assertEquals(broken, [], "to replay: deno task test:model --seed N --trace");
});

Deno.test("a seed gives the same simulation each time, and another seed another one", async () => {
  for (const seed of [1, 22, 333]) {
    const trace = await traceOf(seed);
    assertEquals(await traceOf(seed), trace);
    assertNotEquals(await traceOf(seed + 1), trace);
  }
});
