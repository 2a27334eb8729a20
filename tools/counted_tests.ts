/** A run of `deno test` that is counted. */
import { countTests, type TestCounts } from "./junit.ts";
import { deno } from "./with_std.ts";

/**
 * Runs `deno test` with `args`, by default with the permissions of `deno.json`. A test file that does not even load is in
 * no count of deno's, but it is a failure.
 */
export async function countedTests(
  args: readonly string[],
  permissions: "-P" | "-A" = "-P",
): Promise<TestCounts> {
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  const code = await deno([
    "test",
    permissions,
    "--parallel",
    "--quiet",
    `--junit-path=${report}`,
    ...args,
  ]);
  const counts = countTests(await Deno.readTextFile(report));
  await Deno.remove(report);
  return { ...counts, failed: code === 0 ? 0 : Math.max(counts.failed, 1) };
}

/** `counts` in one line, such as `3 passed, 0 failed`. */
export function countLine({ passed, failed, skipped }: TestCounts): string {
  const more = skipped === 0 ? "" : `, ${skipped} skipped`;
  return `${passed} passed, ${failed} failed${more}`;
}
