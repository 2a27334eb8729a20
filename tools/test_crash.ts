// deno-lint-ignore-file no-console
/**
 * The crash suite as a whole, of which `deno task test` has one kill for each step: a connector is killed with SIGKILL at
 * later occurrences of each step, again while it recovers, and two hundred times at random; and ten thousand rows wait.
 * The last line counts the tests.
 *
 *     deno task test:crash
 *     deno task test:crash --filter "seed 17."
 */
import { countedTests, countLine } from "./counted_tests.ts";

/** Not called `_test`, so that `deno task test` leaves them alone. */
const FILES = [
  "tests/crash/equal_texts.ts",
  "tests/crash/every_point.ts",
  "tests/crash/every_request.ts",
  "tests/crash/random_kills.ts",
  "tests/crash/random_kills_at_once.ts",
  "tests/many_rows.ts",
];

if (import.meta.main) {
  const [first, ...rest] = Deno.args;
  const extra = first === "--" ? rest : Deno.args;
  const counts = await countedTests([...FILES, ...extra]);
  console.log(`\n${countLine(counts)}`);
  Deno.exit(counts.failed === 0 ? 0 : 1);
}
