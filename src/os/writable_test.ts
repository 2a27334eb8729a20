import { assertEquals } from "@std/assert";
import { isWindows } from "./platform.ts";
import { mayBeWritable } from "./writable.ts";

const CASES: readonly (readonly [
  mode: number | null,
  self: number | undefined,
  expected: boolean,
])[] = [
  [0o700, 7, true],
  [0o500, 7, false],
  [0o600, 7, false], // without x nothing in it can be named
  [0o577, 7, false], // the owner's bits hold for the owner
  [0o500, 0, true],
  [0o755, 8, false],
  [0o775, 8, true], // perhaps of that group
  [0o777, 8, true],
  [0o755, undefined, true],
  [0o555, undefined, false],
  [null, 7, true],
];

for (const [mode, self, expected] of CASES) {
  const shown = mode === null ? "no mode" : mode.toString(8);
  Deno.test({
    name: `mayBeWritable() is ${expected} for ${shown} as ${self}`,
    ignore: isWindows,
    fn: () => assertEquals(mayBeWritable({ mode, uid: 7 }, self), expected),
  });
}
