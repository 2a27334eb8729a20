import { assert, assertEquals } from "@std/assert";
import {
  BackendError,
  ConnectError,
  type ErrorCode,
  PermanentError,
  StateError,
  TransientError,
  UsageError,
} from "../errors.ts";
import { failureOf } from "./failure.ts";

const CODES: readonly (readonly [unknown, number])[] = [
  [new UsageError("x"), 2],
  [new ConnectError("TOKEN_REFUSED", "x"), 3],
  [new ConnectError("WORKSPACE_GONE", "x"), 4],
  [new ConnectError("ALREADY_RUNNING", "x"), 5],
  [new ConnectError("GAVE_UP", "x"), 6],
  [new PermanentError("POST /registry/register", 400), 6],
  [new TransientError("POST /registry/register"), 6],
  [new StateError("/s", "x"), 1],
  [new BackendError("final", "x"), 1],
  [new TypeError("x"), 1],
  ["thrown text", 1],
];

for (const [error, code] of CODES) {
  const name = error instanceof ConnectError
    ? error.code satisfies ErrorCode
    : String(error);
  Deno.test(`failureOf() gives ${code} for ${name}`, () => {
    assertEquals(failureOf(error).exitCode, code);
  });
}

Deno.test("failureOf() makes one line of what is wrong and what to do", () => {
  const { line, stack } = failureOf(
    new UsageError("--mode\nis wrong", "type\x1b[31m it right"),
  );
  assertEquals(line, "molecule: --mode is wrong; type [31m it right");
  assertEquals(stack, undefined);
});

Deno.test("failureOf() tells the causes of a foreseen failure, but not of a usage error", () => {
  const cause = new Error("disk full");
  assertEquals(
    failureOf(new StateError("/s", "Cannot write /s", { cause })).line,
    "molecule: Cannot write /s: disk full",
  );
  assertEquals(
    failureOf(new UsageError("x is wrong", "y", cause)).line,
    "molecule: x is wrong; y",
  );
});

Deno.test("failureOf() keeps the stack of an unforeseen failure", () => {
  const { line, stack } = failureOf(new RangeError("out of range"));
  assertEquals(
    line,
    "molecule: unexpected: out of range; --verbose shows where",
  );
  assert(stack?.includes("failure_test.ts"));
});

Deno.test("failureOf() makes a usage error of a missing permission", () => {
  const { line, exitCode } = failureOf(
    new Deno.errors.NotCapable(
      'Requires env access to "HOME", run again with the --allow-env flag',
    ),
  );
  assertEquals(exitCode, 2);
  assert(line.startsWith('molecule: Requires env access to "HOME"; '), line);
});
