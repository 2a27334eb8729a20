import { assert, assertEquals } from "@std/assert";
import type { FilePart, Part } from "../a2a/part.ts";
import { fileName, toPeer, toPerson } from "./outgoing.ts";

const text = (words: string): Part => ({ kind: "text", text: words });
const file = (name: string, file: FilePart["file"] = {}): FilePart => ({
  kind: "file",
  file: { name, ...file },
});
const MIB = 1024 * 1024;
const ofBytes = (size: number) => ({ bytes: "A".repeat(size / 3 * 4) });

Deno.test("a text alone is one step", () => {
  assertEquals(toPerson([text("hi")]), {
    steps: ["notify"],
    parts: [text("hi")],
    dataLeftOut: 0,
  });
});

Deno.test("files with bytes are uploaded before the bubble, which has a text in any case", () => {
  const png = file("a.png", { bytes: "QQ==" });
  const pdf = file("dir/b.pdf", { bytes: "QUJD" });
  const both = toPerson([png, text("look"), pdf]);
  assertEquals(both.steps, ["upload", "notify"]);
  assertEquals(both.parts, [text("look"), png, pdf]);
  assertEquals(toPerson([png, pdf]).parts, [text("a.png, b.pdf"), png, pdf]);
});

/** Files that a person cannot get, and what the text says in their place. */
const LEFT_OUT: readonly (readonly [string, FilePart, string])[] = [
  [
    "an address of this machine",
    file("a", { uri: "file:///etc/passwd" }),
    "Could not be attached: a.",
  ],
  [
    "a web address",
    file("a", { uri: "https://x.example/a" }),
    "Could not be attached: a (https://x.example/a).",
  ],
  ["no bytes", file("a", { bytes: "" }), "Could not be attached: a."],
  ["no base64", file("a", { bytes: "%%%%" }), "Could not be attached: a."],
  [
    "too many bytes",
    file("a", ofBytes(33 * MIB)),
    "Could not be attached: a.",
  ],
];
for (const [what, part, words] of LEFT_OUT) {
  Deno.test(`a file with ${what} is named in the text, and keeps no other from going`, () => {
    const good = file("good", { bytes: "QQ==" });
    const sent = toPerson([text("hi"), part, good]);
    assertEquals(sent.parts, [text("hi"), text(words), good]);
    assertEquals(toPerson([part]).parts, [text(words)]);
    assertEquals(toPerson([part]).steps, ["notify"]);
  });
}

Deno.test("files beyond what one upload takes are named in the text", () => {
  const many = Array.from(
    { length: 66 },
    (_, i) => file(`f${i}`, { bytes: "QQ==" }),
  );
  const { parts } = toPerson(many);
  assertEquals(parts.filter((part) => part.kind === "file").length, 64);
  assertEquals(parts[0], text("Could not be attached: f64, f65."));
  const large = [file("a", ofBytes(30 * MIB)), file("b", ofBytes(3 * MIB))];
  assertEquals(toPerson(large).parts[0], text("Could not be attached: b."));
});

Deno.test("data cannot be shown to a person; it is counted", () => {
  const sent = toPerson([text("hi"), { kind: "data", data: {} }]);
  assertEquals([sent.parts, sent.dataLeftOut], [[text("hi")], 1]);
});

Deno.test("a file's name is its last segment, and there always is one", () => {
  const names = ["../../etc/x.txt", "C:\\temp\\y.txt", "a/", "", " \n ", "z"];
  assertEquals(names.map((name) => fileName(file(name))), [
    "x.txt",
    "y.txt",
    "file",
    "file",
    "file",
    "z",
  ]);
  assertEquals(fileName({ kind: "file", file: {} }), "file");
  assertEquals(fileName(file("x".repeat(300))).length, 100);
});

Deno.test("a peer gets every part as it is", () => {
  const parts: Part[] = [
    text("hi"),
    file("a", { bytes: "" }),
    { kind: "data", data: [1] },
  ];
  assertEquals(toPeer(parts, {}), { steps: ["a2a"], parts, dataLeftOut: 0 });
});

Deno.test("a message to a peer that is too long loses its largest files, and says so", () => {
  const small = file("small", { bytes: "QQ==" });
  const parts = [file("large", ofBytes(9 * MIB)), text("hi"), small];
  const sent = toPeer(parts, {}).parts;
  assertEquals(sent, [
    text("hi"),
    small,
    text("Could not be attached: large."),
  ]);
  assert(JSON.stringify(sent).length < 1_000);
});
