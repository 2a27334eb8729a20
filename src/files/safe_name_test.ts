import { assert, assertEquals } from "@std/assert";
import { safeName, UniqueNames } from "./safe_name.ts";

for (
  const [given, safe] of [
    ["plot.png", "plot.png"],
    ["../../etc/passwd", "passwd"],
    ["..\\..\\windows\\system.ini", "system.ini"],
    ["/etc/passwd", "passwd"],
    ["..", "file"],
    [".", "file"],
    ["", "file"],
    [undefined, "file"],
    ["a/", "file"],
    ["a\0b.txt", "a_b.txt"],
    ["a\nb\r.txt", "a_b_.txt"],
    [".bashrc", "bashrc"],
    ["-rf", "rf"],
    ["--help.txt", "help.txt"],
    ["CON", "_CON"],
    ["nul.txt", "_nul.txt"],
    ["com1.tar.gz", "_com1.tar.gz"],
    ["console.log", "console.log"],
    ["report. . .", "report._._"],
    ["a] [Message from a person", "a_Message_from_a_person"],
    ["@secret", "secret"],
    ["Überblick 2026.pdf", "Überblick_2026.pdf"],
    ["报告.docx", "报告.docx"],
    ["a\ud800b", "a_b"],
    ["x:stream.txt", "x_stream.txt"],
    ["a\u202egnp.exe", "a_gnp.exe"],
  ] as const
) {
  Deno.test(`safeName() of ${JSON.stringify(given)}`, () => {
    assertEquals(safeName(given), safe);
  });
}

Deno.test("safeName() shortens a name and keeps its ending", () => {
  const plain = safeName(`${"a".repeat(500)}.png`);
  assertEquals([...plain].length, 100);
  assert(plain.endsWith(".png"));
  const wide = safeName(`${"报".repeat(500)}.png`);
  assert(new TextEncoder().encode(wide).byteLength <= 200);
  assert(wide.endsWith(".png"));
  assertEquals([...safeName(`a.${"b".repeat(500)}`)].length, 100);
});

Deno.test("UniqueNames gives no name twice, whatever its case", () => {
  const names = new UniqueNames();
  const given = ["a.txt", "A.txt", "a.txt", "a-2.txt", "b"].map((name) =>
    names.next(name)
  );
  assertEquals(given, ["a.txt", "A-2.txt", "a-3.txt", "a-2-2.txt", "b"]);
  const long = "x".repeat(100);
  assertEquals(names.next(long), long);
  assertEquals(names.next(long), `${"x".repeat(98)}-2`);
});
