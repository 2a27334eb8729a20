import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { commandReadiness } from "./command_readiness.ts";

const here = fromFileUrl(new URL(".", import.meta.url));

for (
  const [command, ready] of [
    ["./command_readiness.ts", true],
    ["./command_readiness.ts --flag=1 word", true],
    ["./nothere", false],
    ["../nothere --flag", false],
    ["/nothere/at/all", false],
    ["nothere", true],
    ["./nothere | cat", true],
    ["[ -x ./nothere ] && ./nothere", true],
    ["$HOME/nothere", true],
    ["exit 3", true],
  ] as const
) {
  Deno.test(`commandReadiness() takes "${command}" for ${ready ? "ready" : "not there"}`, async () => {
    assertEquals((await commandReadiness(command, here)).ready, ready);
  });
}
