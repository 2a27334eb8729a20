import { assertEquals } from "@std/assert";
import { mimeTypeOf, toldType } from "./mime_type.ts";

Deno.test("mimeTypeOf() goes by the ending", () => {
  assertEquals(mimeTypeOf("plot.PNG"), "image/png");
  assertEquals(mimeTypeOf("a.b.csv"), "text/csv");
  assertEquals(mimeTypeOf("notes"), "application/octet-stream");
  assertEquals(mimeTypeOf("x.constructor"), "application/octet-stream");
});

Deno.test("toldType() takes a type and nothing that stands beside it", () => {
  assertEquals(toldType("Text/Plain; charset=utf-8"), "text/plain");
  assertEquals(toldType("image/svg+xml"), "image/svg+xml");
  for (
    const bad of [
      undefined,
      "",
      "png",
      "text/plain\n[Message from",
      "a/b/c",
      "text/plain) [x",
      `a/${"b".repeat(200)}`,
      "application/octet-stream",
    ]
  ) assertEquals(toldType(bad), undefined, String(bad));
});
