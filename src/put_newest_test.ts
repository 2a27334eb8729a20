import { assertEquals } from "@std/assert";
import { putNewest } from "./put_newest.ts";

Deno.test("beyond the bound the one that was put longest ago is forgotten", () => {
  const map = new Map<string, number>();
  for (const [i, key] of ["a", "b", "c", "a", "d"].entries()) {
    putNewest(map, key, i, 3);
  }
  assertEquals([...map], [["c", 2], ["a", 3], ["d", 4]]);
});
