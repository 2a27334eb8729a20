// deno-lint-ignore-file no-console
/**
 * The model check: ten thousand simulations of the delivery path, then the mistakes that they have to catch. The last line
 * counts the tests, of which the simulations are one. Of certain seeds (`--seed`, `--from`) only the simulations run.
 *
 *     deno task test:model
 *     deno task test:model --seeds 3000
 *     deno task test:model --seeds 50000 --from 10001
 *     deno task test:model --seed 4711 --trace
 */
import { countedTests, countLine } from "./counted_tests.ts";
import { deno } from "./with_std.ts";

if (import.meta.main) {
  const [first, ...rest] = Deno.args;
  const given = first === "--" ? rest : Deno.args;
  const code = await deno(["run", "-A", "tests/model/run.ts", ...given]);
  const isCertain = given.some((arg) => /^--(seed|from)\b/.test(arg));
  if (isCertain) Deno.exit(code);
  const counts = await countedTests(["tests/model/catches_mutants.ts"]);
  const all = {
    ...counts,
    passed: counts.passed + (code === 0 ? 1 : 0),
    failed: counts.failed + (code === 0 ? 0 : 1),
  };
  console.log(`\n${countLine(all)}`);
  Deno.exit(all.failed === 0 ? 0 : 1);
}
