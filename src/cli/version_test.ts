import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../errors.ts";
import { VERSION } from "../version.ts";
import { checkDeno, versionLine } from "./version.ts";

const on = (deno: string) => ({ runtime: { deno, target: "a-b" } });

Deno.test("versionLine() names the package's version and what runs it", () => {
  assertEquals(
    versionLine(on("2.9.6")),
    `molecule ${VERSION} (deno 2.9.6, a-b)`,
  );
});

Deno.test("checkDeno() takes Deno 2.8 and later", () => {
  for (const deno of ["2.8.0", "2.10.1", "3.0.0-rc.1"]) checkDeno(on(deno));
  for (const deno of ["1.46.3", "2.7.14"]) {
    assertThrows(() => checkDeno(on(deno)), UsageError, `deno ${deno} is too`);
  }
});
