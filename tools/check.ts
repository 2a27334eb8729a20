// deno-lint-ignore-file no-console
/** The quick checks, in the order in which they are cheap: formatting, lint, types, doc lint. */
import { deno } from "./with_std.ts";

const CHECKS: readonly (readonly string[])[] = [
  ["fmt", "--check", "--quiet"],
  ["lint", "--quiet"],
  ["check", "--quiet", "mod.ts", "cli.ts", "src", "tests", "tools"],
  ["check", "--quiet", "--doc-only", "README.md"],
  ["doc", "--quiet", "--lint", "mod.ts", "cli.ts", "src/testing/mod.ts"],
];

/** Runs every check, also after one that failed, and returns how many failed. */
export async function check(): Promise<number> {
  let failed = 0;
  for (const args of CHECKS) {
    const ok = await deno(args, { quietOutput: args[0] === "doc" }) === 0;
    console.log(
      `${ok ? "ok  " : "FAIL"} deno ${
        args.filter((arg) => arg !== "--quiet").join(" ")
      }`,
    );
    if (!ok) failed++;
  }
  return failed;
}

if (import.meta.main) Deno.exit(await check() === 0 ? 0 : 1);
