import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, resolve } from "@std/path";
import { isWindows } from "../../os/platform.ts";
import { commandReadiness, fromHere } from "./shell_command.ts";

const { signal } = new AbortController();
const directory = fromFileUrl(new URL(".", import.meta.url));

for (
  const [command, ready] of [
    ["./shell_command.ts", isWindows],
    ["./shell_command.ts --flag=1 word", isWindows],
    ["../command", isWindows],
    ["cat shell_command.ts", true],
    ["./nothere", false],
    ["../nothere --flag", false],
    ["/nothere/at/all", false],
    ["nothere", isWindows],
    ["nothere -v", isWindows],
    ["nothere | cat", true],
    ["./nothere/*", false],
    ["[ -x ./nothere ] && ./nothere", true],
    ["$HOME/nothere", true],
    ["exit 3", true],
  ] as const
) {
  Deno.test(`commandReadiness() takes "${command}" in a given directory for ${ready ? "ready" : "not there"}`, async () => {
    assertEquals(
      (await commandReadiness(command, directory, signal)).ready,
      ready,
    );
  });
}

for (
  const [command, ready] of [
    ["./deno.json", isWindows],
    ["./nothere", false],
    ["cat deno.json", false],
    ["cat nothere.json", true],
    ["cat -n ./src/../deno.json", false],
    ["cat /dev/null", true],
    ["cat 'deno.json'", true],
    ["python3 -m http.server", true],
  ] as const
) {
  Deno.test(`commandReadiness() takes "${command}" in a directory of the workspace's own for ${ready ? "ready" : "not there"}`, async () => {
    assertEquals(
      (await commandReadiness(command, undefined, signal)).ready,
      ready,
    );
  });
}

Deno.test("commandReadiness() says how to reach a file that is here", async () => {
  const found = await commandReadiness("cat deno.json", undefined, signal);
  assertStringIncludes(
    found.ready ? "" : found.remedy,
    `write ${resolve("deno.json")}, or add --backend-opt cwd=.`,
  );
});

for (
  const [command, line] of [
    ["./answer.sh -v", `'${resolve("answer.sh")}' -v`],
    [" ../answer", `'${resolve("../answer")}'`],
    ["/opt/answer --x", "/opt/answer --x"],
    ["cat ./answer.sh", "cat ./answer.sh"],
    ["./answer.sh | tr a b", `'${resolve("answer.sh")}' | tr a b`],
  ] as const
) {
  Deno.test({
    name: `fromHere() of ${command}`,
    ignore: isWindows,
    fn: () => assertEquals(fromHere(command), line),
  });
}
