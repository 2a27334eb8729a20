import { assertEquals } from "@std/assert";
import { MUTANTS } from "./mutants.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("every planted mistake has its place in the sources, and only one", async () => {
  const lost: string[] = [];
  for (const { name, file, find } of MUTANTS) {
    const text = await Deno.readTextFile(new URL(file, ROOT));
    const times = text.replaceAll("\r\n", "\n").split(find).length - 1;
    if (times !== 1) lost.push(`${name}: ${times} times in ${file}`);
  }
  assertEquals(lost, []);
});
