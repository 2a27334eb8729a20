import { assertEquals } from "@std/assert";
import { parseFields, plain } from "./strict_json.ts";

Deno.test("an integer must be written as one", () => {
  for (const text of ["1.5", "1.0", "1e3", '"1"', "true", "[]"]) {
    assertEquals(
      parseFields(`{"n":${text}}`, { n: "integer" }),
      undefined,
      text,
    );
  }
  assertEquals(parseFields('{"n":-12}', { n: "integer" }), { n: -12 });
});

Deno.test("a number may be written in any way", () => {
  const fields = parseFields('{"n":1e3}', { n: "number" });
  assertEquals(plain(fields), { n: 1000 });
});

Deno.test("null counts as absent, unknown fields are left out", () => {
  assertEquals(parseFields('{"a":null,"b":"x"}', { a: "string" }), {});
});

Deno.test("what is no object is refused", () => {
  for (const text of ["", "{", "[]", "null", "1.5", '"x"']) {
    assertEquals(parseFields(text, {}), undefined, text);
  }
});

Deno.test("plain() turns decimals back at any depth", () => {
  const fields = parseFields('{"card":{"n":[1.5,{"m":2.0}]}}', { card: "any" });
  assertEquals(plain(fields), { card: { n: [1.5, { m: 2 }] } });
});
