// deno-lint-ignore-file no-console
/**
 * The sandbox's chat page in a real browser: `$BROWSER`, else `chromium` or `google-chrome` on the PATH. Without one all
 * tests are skipped. The last line counts them.
 *
 *     deno task test:browser
 *     deno task test:browser --filter Stop
 */
import { BROWSER } from "../tests/browser/find.ts";
import { countedTests, countLine } from "./counted_tests.ts";

/** Not called `_test`, so that `deno task test` leaves them alone. */
const FILES = ["tests/browser/chat_page.ts", "tests/browser/bad_agents.ts"];

if (import.meta.main) {
  const [first, ...rest] = Deno.args;
  const extra = first === "--" ? rest : Deno.args;
  if (BROWSER === undefined) {
    console.log(
      "No browser: set BROWSER, or install chromium. Its tests are skipped.",
    );
  }
  // A browser needs more of the system than the tests of the package.
  const counts = await countedTests([...FILES, ...extra], "-A");
  console.log(`\n${countLine(counts)}`);
  Deno.exit(counts.failed === 0 ? 0 : 1);
}
