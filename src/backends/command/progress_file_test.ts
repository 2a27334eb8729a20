import { assertEquals } from "@std/assert";
import { ProgressFile } from "./progress_file.ts";

Deno.test("the rest of a line whose beginning was left out is told to nobody", async () => {
  const told: string[] = [];
  {
    await using file = await ProgressFile.create((line) => told.push(line));
    await Deno.writeTextFile(file.path, `${"secret ".repeat(20_000)}\n\n`);
  }
  assertEquals(told, []);
});

Deno.test("of much new text the newest whole line is told", async () => {
  const told: string[] = [];
  {
    await using file = await ProgressFile.create((line) => told.push(line));
    await Deno.writeTextFile(file.path, `${"a".repeat(100_000)}\nnewest\n`);
  }
  assertEquals(told, ["newest"]);
});

Deno.test("a last line without its end is told at the end", async () => {
  const told: string[] = [];
  {
    await using file = await ProgressFile.create((line) => told.push(line));
    await Deno.writeTextFile(file.path, "first\nlast");
  }
  assertEquals(told.at(-1), "last");
});
