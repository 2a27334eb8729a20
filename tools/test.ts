// deno-lint-ignore-file no-console
/**
 * The quick checks, then all tests, doc tests too. The last line counts them: `N passed, N failed`.
 *
 *     deno task test
 *     deno task test --filter outbox
 */
import { check } from "./check.ts";
import { countTests } from "./junit.ts";
import { deno } from "./with_std.ts";

/** Runs everything, with `extra` arguments for `deno test`; returns the exit code. */
async function test(extra: readonly string[]): Promise<number> {
  const failedChecks = await check();

  const report = await Deno.makeTempFile({ suffix: ".xml" });
  const code = await deno([
    "test",
    "-P",
    "--doc",
    "--parallel",
    "--quiet",
    `--junit-path=${report}`,
    ...extra,
  ]);
  const counts = countTests(await Deno.readTextFile(report));
  await Deno.remove(report);

  // A test file that does not even load is in no count, but it is a failure.
  const failedTests = code === 0 ? 0 : Math.max(counts.failed, 1);
  const failed = failedTests + failedChecks.length;
  const skipped = counts.skipped === 0 ? "" : `, ${counts.skipped} skipped`;
  // Long before the tests' own output: said again where it is seen.
  for (const name of failedChecks) console.log(`\nFAILED: ${name}`);
  console.log(`\n${counts.passed} passed, ${failed} failed${skipped}`);
  return failed === 0 ? 0 : 1;
}

// `deno test` takes this file for a test because of its name, and must not start itself.
if (import.meta.main) {
  const [first, ...rest] = Deno.args;
  Deno.exit(await test(first === "--" ? rest : Deno.args));
}
