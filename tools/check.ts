// deno-lint-ignore-file no-console
/** The quick checks, in the order in which they are cheap: formatting, lint, types, doc lint. */
import { deno } from "./with_std.ts";

const CHECKS: readonly (readonly string[])[] = [
  ["fmt", "--check", "--quiet"],
  ["lint", "--quiet"],
  ["check", "--quiet", "mod.ts", "cli.ts", "src", "tests", "tools"],
  [
    "check",
    "--quiet",
    "--config",
    "tools/page.json",
    "src/sandbox/page/main.js",
  ],
  ["check", "--quiet", "--doc-only", "README.md"],
  ["doc", "--quiet", "--lint", "mod.ts", "cli.ts", "src/testing/mod.ts"],
];

/** Runs every check, also after one that failed, and returns those that failed, as they are typed. */
export async function check(): Promise<string[]> {
  const failed: string[] = [];
  for (const args of CHECKS) {
    const ok = await deno(args, { quietOutput: args[0] === "doc" }) === 0;
    const shown = `deno ${args.filter((arg) => arg !== "--quiet").join(" ")}`;
    console.log(`${ok ? "ok  " : "FAIL"} ${shown}`);
    if (!ok) failed.push(shown);
  }
  return failed;
}

if (import.meta.main) Deno.exit((await check()).length === 0 ? 0 : 1);
