import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { UsageError } from "../errors.ts";
import { textReply } from "./backend.ts";
import {
  backendNames,
  backendSpecs,
  createBackend,
  registerBackend,
} from "./registry.ts";

Deno.test("backendNames() lists the built-in back ends, sorted", () => {
  assertEquals(
    backendNames().filter((name) => !name.startsWith("test-")),
    backendSpecs().map((spec) => spec.name).sort(),
  );
});

Deno.test("registerBackend() makes a back end that createBackend() finds, with its options", () => {
  const given: unknown[] = [];
  registerBackend("test-own", (options) => {
    given.push(options);
    return { name: "own", handle: () => Promise.resolve(textReply("hi")) };
  });
  assertEquals(createBackend("test-own", { a: "1" }).name, "own");
  assertEquals(given, [{ a: "1" }]);
  assertEquals(backendNames(), [...backendNames()].sort());
});

Deno.test("registerBackend() refuses a name that is taken", () => {
  const factory = () => createBackend("mock");
  assertThrows(() => registerBackend("mock", factory), UsageError, `"mock"`);
});

Deno.test("createBackend() names the known ones where it does not know the name", () => {
  const error = assertThrows(() => createBackend("claude", {}), UsageError);
  assertStringIncludes(error.message, `Unknown back end "claude"`);
  assertStringIncludes(error.message, backendNames().join(", "));
  assertEquals(error.hint, "did you mean claude-code?");
});

Deno.test("createBackend() takes no name from an object's prototype", () => {
  assertThrows(() => createBackend("constructor", {}), UsageError);
});

for (const spec of backendSpecs()) {
  Deno.test(`the back end ${spec.name} describes itself truly`, () => {
    const required = Object.fromEntries(
      spec.options.filter((option) => option.required)
        .map(({ name, value }) => [
          name,
          value === "URL" ? "https://host.example" : "true",
        ]),
    );
    const defaults = Object.fromEntries(
      spec.options.filter((option) => option.default !== undefined)
        .map((option) => [option.name, option.default!]),
    );
    // Every default can be written out, and nothing is required that is not marked so.
    const backend = createBackend(spec.name, { ...defaults, ...required });
    assertEquals(backend.name, spec.name);
    // The options of a module are known to nobody but the module.
    if (spec.name !== "module") {
      assertThrows(
        () => createBackend(spec.name, { ...required, "no-such": "1" }),
        UsageError,
        "no-such",
      );
    }
    assertStringIncludes(spec.example, "molecule connect <workspace-id>");
  });
}
