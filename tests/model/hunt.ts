// deno-lint-ignore-file no-console
/** Simulates seeds until one breaks a promise, and prints it as JSON; null where none does. */
import { simulate } from "./simulation.ts";

if (import.meta.main) {
  const [seeds] = Deno.args.map(Number);
  let found: { seed: number; violations: readonly string[] } | null = null;
  for (let seed = 1; seed <= seeds! && found === null; seed++) {
    const { violations } = await simulate(seed);
    if (violations.length > 0) found = { seed, violations };
  }
  console.log(JSON.stringify(found));
  Deno.exit(0); // whatever a broken connector still waits for
}
