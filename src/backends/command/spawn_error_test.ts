import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { BackendError } from "../../errors.ts";
import { spawnError } from "./spawn_error.ts";

const CASES: readonly (readonly [Error, string])[] = [
  [
    new Deno.errors.NotFound("Failed to spawn 'claude': entity not found"),
    `Cannot find the command "claude"`,
  ],
  [
    new Deno.errors.NotFound("Failed to spawn '/bin/sh': No such cwd '/no'"),
    `in "/no": no such directory`,
  ],
  [
    new Deno.errors.NotFound(
      "Failed to spawn '/bin/sh': cwd is not a directory '/file'",
    ),
    `in "/file": no such directory`,
  ],
  [
    new Deno.errors.PermissionDenied("Failed to spawn 'claude'"),
    "not executable",
  ],
  [new Deno.errors.NotCapable("Requires run access"), "not allowed"],
];

for (const [error, message] of CASES) {
  Deno.test(`spawnError() is final: ${error.message}`, () => {
    const mapped = spawnError(error, "claude");
    if (!(mapped instanceof BackendError)) throw mapped;
    assertEquals(mapped.kind, "final");
    assertEquals(mapped.cause, error);
    assertStringIncludes(mapped.message, message);
    assert(mapped.hint !== undefined);
  });
}

Deno.test("spawnError() leaves what may pass by itself as it is", () => {
  const error = new Error("Resource temporarily unavailable (os error 11)");
  assertEquals(spawnError(error, "claude"), error);
});
