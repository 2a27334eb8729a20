import { assert, assertEquals, assertRejects } from "@std/assert";
import type { BackendSpec } from "../backends/spec.ts";
import { backendSpecs } from "../backends/registry.ts";
import { UsageError } from "../errors.ts";
import { backendLines, backendsCommand, lookFor } from "./backends_command.ts";

const { signal } = new AbortController();

function spec(
  check: () => Promise<unknown>,
  options: BackendSpec["options"] = [],
): BackendSpec & { closed: boolean } {
  const made = {
    name: "own",
    description: "Answers.",
    options,
    example: "molecule",
    closed: false,
    create: () => ({
      name: "own",
      handle: () => Promise.reject(),
      check: check as never,
      close: () => void (made.closed = true),
    }),
  };
  return made;
}

for (
  const [what, check, says] of [
    ["one that is ready", () => Promise.resolve({ ready: true }), "ready"],
    [
      "one that is not",
      () => Promise.resolve({ ready: false, reason: "no such", remedy: "get" }),
      "not ready: no such; get",
    ],
    [
      "one that cannot tell",
      () => Promise.reject(new Error("odd")),
      "cannot tell: odd",
    ],
  ] as const
) {
  Deno.test(`backends: ${what} is asked, told and closed`, async () => {
    const own = spec(check);
    const lines = backendLines(own, await lookFor(own, signal));
    assert(lines.includes(`  On this machine: ${says}`), lines.join("\n"));
    assert(own.closed);
  });
}

Deno.test("backends: one that needs options is not asked", async () => {
  const own = spec(() => Promise.reject(), [
    { name: "cmd", value: "X", required: true, description: "It." },
    { name: "more", value: "X", default: "7", description: "More." },
  ]);
  assertEquals(backendLines(own, await lookFor(own, signal)), [
    "own",
    "  Answers.",
    "  On this machine: it depends on the option cmd",
    "    cmd=X",
    "        It. (required)",
    "    more=X",
    "        More. [7]",
    "  Example: molecule",
  ]);
});

Deno.test("backends: those that are named are told, and what all have in common", async () => {
  const lines = await backendsCommand(["mock"], signal);
  assertEquals(lines[0], "mock");
  assert(lines.includes("  On this machine: ready"));
  assert(lines.includes("    session=keep|new"));
  assert(!lines.includes("exec"));
  await assertRejects(
    () => backendsCommand(["mok"], signal),
    UsageError,
    "there is no back end",
  );
});

Deno.test("backends: every description is whole, and fits a terminal", () => {
  for (const one of backendSpecs()) {
    const lines = backendLines(one, { ready: true });
    const long = lines.filter((line) =>
      line.length > 80 && !line.startsWith("  Example: ")
    );
    assertEquals(long, []);
    const parts = [one.name, one.example, ...one.options.map((o) => o.name)];
    for (const part of parts) assert(lines.join("\n").includes(part), part);
  }
});
