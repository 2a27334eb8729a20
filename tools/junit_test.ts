import { assertEquals } from "@std/assert";
import { countTests } from "./junit.ts";

const REPORT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="7" failures="2" errors="0" time="0.066">
    <testsuite name="./a_test.ts" tests="6" disabled="1" errors="0" failures="2">
        <testcase name="a" classname="./a_test.ts" time="0.002" line="7" col="6">
            <failure message="1 test step failed">1 test step failed.</failure>
        </testcase>
        <testcase name="a &gt; b" classname="./a_test.ts" time="0.000" line="8" col="6">
            <failure message="Uncaught Error: x">Error: &lt;testcase&gt;</failure>
        </testcase>
        <testcase name="1 &gt; 0 holds" classname="./a_test.ts" time="0.000" line="8" col="6">
        </testcase>
        <testcase name="c" classname="./a_test.ts" time="0.000" line="9" col="6">
            <skipped/>
        </testcase>
        <testcase name="d" classname="./a_test.ts" time="0.000" line="9" col="6">
        </testcase>
    </testsuite>
    <testsuite name="./README.md$2-5.ts" tests="1" disabled="0" errors="0" failures="0">
        <testcase name="./README.md$2-5.ts" classname="./README.md$2-5.ts" time="0.000" line="2" col="6">
        </testcase>
    </testsuite>
</testsuites>`;

Deno.test("countTests() counts tests of all suites, and no steps", () => {
  assertEquals(countTests(REPORT), { passed: 3, failed: 1, skipped: 1 });
});

Deno.test("countTests() finds nothing in an empty report", () => {
  assertEquals(countTests(""), { passed: 0, failed: 0, skipped: 0 });
});
