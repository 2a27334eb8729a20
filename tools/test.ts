// deno-lint-ignore-file no-console
/**
 * The quick checks, then all tests, doc tests too. The last line counts them: `N passed, N failed`.
 *
 *     deno task test
 *     deno task test --filter outbox
 */
import { check } from "./check.ts";
import { countedTests, countLine } from "./counted_tests.ts";

/** Runs everything, with `extra` arguments for `deno test`; returns the exit code. */
async function test(extra: readonly string[]): Promise<number> {
  const failedChecks = await check();

  const counts = await countedTests(["--doc", ...extra]);
  const failed = counts.failed + failedChecks.length;
  // Long before the tests' own output: said again where it is seen.
  for (const name of failedChecks) console.log(`\nFAILED: ${name}`);
  console.log(`\n${countLine({ ...counts, failed })}`);
  return failed === 0 ? 0 : 1;
}

// `deno test` takes this file for a test because of its name, and must not start itself.
if (import.meta.main) {
  const [first, ...rest] = Deno.args;
  Deno.exit(await test(first === "--" ? rest : Deno.args));
}
