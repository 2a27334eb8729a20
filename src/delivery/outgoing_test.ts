import { assert, assertEquals } from "@std/assert";
import type { FilePart, Part, TextPart } from "../a2a/part.ts";
import {
  fileName,
  NOTHING_TO_SAY,
  ONLY_DATA,
  toPeer,
  toPerson,
} from "./outgoing.ts";

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
  const png = file("a.png", { bytes: "QQ==", mimeType: "image/png" });
  const type = { mimeType: "application/pdf" };
  const pdf = file("b.pdf", { bytes: "QUJD", ...type });
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
  ["no bytes", file("a", { bytes: "" }), "Could not be attached: a (empty)."],
  ["no base64", file("a", { bytes: "%%%%" }), "Could not be attached: a."],
  [
    "too many bytes",
    file("a", ofBytes(33 * MIB)),
    "Could not be attached: a.",
  ],
];
for (const [what, part, words] of LEFT_OUT) {
  Deno.test(`a file with ${what} is named in the text, and keeps no other from going`, () => {
    const good = file("good.txt", { bytes: "QQ==", mimeType: "text/plain" });
    const sent = toPerson([text("hi"), part, good]);
    assertEquals(sent.parts, [text(`hi\n\n${words}`), good]);
    assertEquals(toPerson([part]).parts, [text(words)]);
    assertEquals(toPerson([part]).steps, ["notify"]);
  });
}

Deno.test("what is said of files is a paragraph of its own, also behind an open fence", () => {
  const code = text("```sh\nls");
  const { parts } = toPerson([code, file("a")]);
  assertEquals(parts, [
    text("```sh\nls\n```\n\nCould not be attached: a."),
  ]);
});

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
    file("a", { bytes: "", mimeType: "a/b" }),
    { kind: "data", data: [1] },
  ];
  assertEquals(toPeer(parts, {}), { steps: ["a2a"], parts, dataLeftOut: 0 });
});

Deno.test("a message to a peer that is too long loses its largest files, and says so", () => {
  const small = file("small", { bytes: "QQ==", mimeType: "a/b" });
  const parts = [file("large", ofBytes(12 * MIB)), text("hi"), small];
  const sent = toPeer(parts, {}).parts;
  assertEquals(sent, [
    text("hi"),
    small,
    text("Could not be attached: large."),
  ]);
  assert(JSON.stringify(sent).length < 1_000);
});

Deno.test("a message to a peer that is too long loses its largest data before any text, and says so", () => {
  const large: Part = { kind: "data", data: "x".repeat(20 * MIB) };
  const small: Part = { kind: "data", data: { a: 1 } };
  assertEquals(toPeer([large, text("hello"), small], {}).parts, [
    text("hello"),
    small,
    text("Could not be attached: data."),
  ]);
  assertEquals(toPeer([large], {}).parts, [
    text("Could not be attached: data."),
  ]);
});

/** Answers that say nothing, and what a person is told. */
const NOTHING: readonly (readonly [string, readonly Part[], string])[] = [
  ["no parts", [], NOTHING_TO_SAY],
  ["blanks", [text(" \n"), text("\t")], NOTHING_TO_SAY],
  ["data alone", [{ kind: "data", data: { a: 1 } }], ONLY_DATA],
  ["blanks and data", [text(" "), { kind: "data", data: 1 }], NOTHING_TO_SAY],
];
for (const [what, parts, words] of NOTHING) {
  Deno.test(`a person is told of an answer of ${what}`, () => {
    const sent = toPerson(parts);
    assertEquals([sent.steps, sent.parts], [["notify"], [text(words)]]);
  });
}

Deno.test("every file of an answer has a name and a MIME type", () => {
  const bytes = { bytes: "QQ==" };
  const given: FilePart[] = [
    file("a.png", bytes),
    file("b.PDF", { ...bytes, mimeType: "application/octet-stream" }),
    file("c", { ...bytes, mimeType: "no type" }),
    { kind: "file", file: bytes },
    file("d.md", { ...bytes, mimeType: "text/plain; charset=utf-8" }),
  ];
  const expected = [
    ["a.png", "image/png"],
    ["b.PDF", "application/pdf"],
    ["c", "application/octet-stream"],
    ["file", "application/octet-stream"],
    ["d.md", "text/plain"],
  ];
  for (const { parts } of [toPerson(given), toPeer(given, {})]) {
    const files = parts.filter((part) => part.kind === "file");
    assertEquals(
      files.map(({ file }) => [file.name, file.mimeType]),
      expected,
    );
  }
});

Deno.test("a long text goes as a file in front of the others, and begins in the bubble", () => {
  const long = "word ".repeat(3_000);
  const own = file("a.png", { bytes: "QQ==", mimeType: "image/png" });
  const { steps, parts, whole } = toPerson([own, text(long)]);
  assertEquals([steps, whole], [["upload", "notify"], true]);
  const [bubble, first, second] = parts as [TextPart, FilePart, FilePart];
  assert(bubble.text.length <= 10_000);
  assertEquals([first.file.name, first.file.mimeType], [
    "answer.md",
    "text/markdown",
  ]);
  const bytes = Uint8Array.fromBase64(first.file.bytes!);
  assertEquals(new TextDecoder().decode(bytes), long);
  assertEquals(second, own);
});

Deno.test("the whole text counts among the files of an upload", () => {
  const many = Array.from(
    { length: 64 },
    (_, i) => file(`f${i}`, { bytes: "QQ==" }),
  );
  const { parts } = toPerson([text("word ".repeat(3_000)), ...many]);
  const files = parts.filter((part) => part.kind === "file");
  assertEquals(files.length, 64);
  assertEquals(files[0]!.file.name, "answer.md");
  const whole = new TextDecoder().decode(
    Uint8Array.fromBase64(files[0]!.file.bytes!),
  );
  assert(whole.endsWith("Could not be attached: f63."));
});

Deno.test("a text that is too long for an upload goes in bubbles", () => {
  const { steps, parts, more } = toPerson([text("x".repeat(33 * MIB))]);
  assertEquals([steps, parts.length, more?.length], [["notify"], 1, 9]);
});

Deno.test("the files beside a text that is too long for an upload are named in the last bubble", () => {
  const plot = file("plot.png", { bytes: "QQ==", mimeType: "image/png" });
  const { steps, more } = toPerson([text("x".repeat(33 * MIB)), plot]);
  assertEquals([steps, more?.length], [["notify"], 9]);
  const last = more!.at(-1)!;
  assert(
    last.endsWith("\n\nCould not be attached: plot.png."),
    last.slice(-99),
  );
  assert(last.length <= 10_000);
});

Deno.test("a peer gets a long text whole, and one beyond 15 MiB cut with a note", () => {
  const long = text("é".repeat(7 * MIB));
  assertEquals(toPeer([long], {}).parts, [long]);
  const parts = [
    text("first"),
    file("a", ofBytes(3)),
    text("👨‍👩‍👧".repeat(MIB)),
    text("last"),
  ];
  const sent = toPeer(parts, { a: 1 }).parts;
  const bytes = new TextEncoder().encode(JSON.stringify(sent)).length;
  assert(bytes <= 15 * MIB && bytes > 14.9 * MIB, String(bytes));
  const [first, cut, note, named] = sent as TextPart[];
  assertEquals(first, text("first"));
  assertEquals(cut!.text.length % "👨‍👩‍👧".length, 0);
  assertEquals(named, text("Could not be attached: a."));
  const missing = MIB * "👨‍👩‍👧".length - cut!.text.length + "last".length;
  assert(note!.text.includes(` ${missing} more`), note!.text);
});
