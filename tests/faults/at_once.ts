/** Runs many trials of one test at a time: each has a platform of its own, and most of them only wait. */

/** A trial and its name. */
export type NamedTrial = readonly [name: string, run: () => Promise<void>];

/** Runs `trials`, so many at a time. @throws {Error} that names each one that failed, with its reason. */
export async function runAtOnce(
  trials: readonly NamedTrial[],
  atOnce = 12,
): Promise<void> {
  const left = [...trials];
  const failures: string[] = [];
  const worker = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [name, run] = next;
      try {
        await run();
      } catch (error) {
        const told = error instanceof Error ? error.stack : String(error);
        failures.push(`=== ${name}\n${told}`);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  if (failures.length > 0) {
    throw new Error(
      `${failures.length} of ${trials.length} failed:\n${failures.join("\n")}`,
    );
  }
}
