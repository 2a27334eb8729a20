/** Counts the tests in a JUnit report of `deno test`. */

/** How many tests ended how. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What stands between two names of a step's path, as XML writes it. */
const STEP = " &gt; ";

/** Whether `name` is a step of one of the tests `names`: the report lists steps beside tests, as "test > step". */
function isStep(name: string, names: ReadonlySet<string>): boolean {
  for (let at = name.indexOf(STEP); at >= 0; at = name.indexOf(STEP, at + 1)) {
    if (names.has(name.slice(0, at))) return true;
  }
  return false;
}

/** The counts of all suites together; of nothing where the report is empty. */
export function countTests(xml: string): TestCounts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (
    const [, suite = ""] of xml.matchAll(
      /<testsuite\s[^>]*>(.*?)<\/testsuite>/gs,
    )
  ) {
    const cases = [
      ...suite.matchAll(
        /<testcase\s+name="([^"]*)"[^>]*?(?:\/>|>(.*?)<\/testcase>)/gs,
      ),
    ].map(([, name = "", body = ""]) => ({ name, body }));
    const names = new Set(cases.map(({ name }) => name));
    for (const { name, body } of cases) {
      if (isStep(name, names)) continue;
      if (body.includes("<skipped")) counts.skipped++;
      else if (/<(?:failure|error)\b/.test(body)) counts.failed++;
      else counts.passed++;
    }
  }
  return counts;
}
