import { assertEquals } from "@std/assert";
import { asText } from "./as_text.ts";

for (
  const [value, text] of [
    ["a", "a"],
    [1.5, "1.5"],
    [true, "true"],
    [null, ""],
    [undefined, ""],
    [{ toString: 1 }, ""],
    [["a"], ""],
  ] as const
) {
  Deno.test(`asText(${JSON.stringify(value)}) is ${JSON.stringify(text)}`, () => {
    assertEquals(asText(value), text);
  });
}
