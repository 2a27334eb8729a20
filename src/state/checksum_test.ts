import { assertEquals } from "@std/assert";
import { parseObject, seal, unseal } from "./checksum.ts";

Deno.test("what is sealed is one line that ends with its checksum, and comes back", () => {
  const data = { b: 1, a: ["x\n", null, { deep: true }], "10": 1, "9": 2 };
  const text = seal(data);
  assertEquals(text.indexOf("\n"), text.length - 1);
  assertEquals(/"checksum":"[0-9a-f]{64}"}\n$/.test(text), true);
  assertEquals(unseal(text), data);
});

const OTHERWISE:
  readonly (readonly [what: string, change: (t: string) => string])[] = [
    ["a byte less", (text) => text.slice(0, -1)],
    ["a byte more", (text) => `${text}\n`],
    ["a space in it", (text) => text.replace(":", ": ")],
    ["another value", (text) => text.replace("1", "2")],
    ["another checksum", (text) => text.replace(/.("}\n)$/, "g$1")],
    ["no checksum", () => '{"a":1}\n'],
    ["a member twice", (text) => text.replace('{"a":1', '{"a":1,"a":1')],
    ["a line break of Windows", (text) => text.replace("\n", "\r\n")],
  ];
for (const [what, change] of OTHERWISE) {
  Deno.test(`unseal() does not believe a text with ${what}`, () => {
    assertEquals(unseal(change(seal({ a: 1, b: "z" }))), undefined);
  });
}

Deno.test("parseObject() takes nothing for an object that is none", () => {
  for (const text of ["", "null", "[]", "5", '"x"', "{", "{} {}", "\ufeff{}"]) {
    assertEquals(parseObject(text), undefined, text);
  }
  assertEquals(parseObject(' {"a":1} '), { a: 1 });
});
