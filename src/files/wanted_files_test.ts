import { assertEquals } from "@std/assert";
import type { FilePart, Part } from "../a2a/part.ts";
import { wantedFiles } from "./wanted_files.ts";

const OWN = "3f2a6c1e-8a37-4d19-9c42-7e1d3a60b8f4";
const ID = "7e1d3a60-8a37-4d19-9c42-3f2a6c1eb8f4";

function part(file: FilePart["file"]): Part {
  return { kind: "file", file };
}

for (
  const [what, file, source] of [
    ["bytes", { bytes: "QQ==" }, { is: "inline", bytes: "QQ==" }],
    ["no bytes at all", { bytes: "" }, { is: "inline", bytes: "" }],
    [
      "bytes and an address",
      { bytes: "QQ==", uri: "https://a.example/x" },
      { is: "inline", bytes: "QQ==" },
    ],
    ["an upload of ours", { uri: `platform-pending:${OWN}/${ID}` }, {
      is: "upload",
      id: ID,
    }],
    [
      "an upload of ours in capitals",
      { uri: `platform-pending:${OWN.toUpperCase()}/${ID}` },
      { is: "upload", id: ID },
    ],
    ["another's upload", { uri: `platform-pending:${ID}/${ID}` }, {
      is: "nowhere",
      reason: "of another workspace",
    }],
    ["a path of a workspace", { uri: "workspace:/notes.txt" }, {
      is: "nowhere",
      reason: "of another workspace",
    }],
    [
      "an upload with more segments",
      { uri: `platform-pending:${OWN}/${ID}/../../x` },
      { is: "web", url: `platform-pending:${OWN}/${ID}/../../x` },
    ],
    ["nothing", { name: "a" }, { is: "nowhere", reason: "without content" }],
  ] as const
) {
  Deno.test(`a file part with ${what}`, () => {
    assertEquals(wantedFiles([part(file)], OWN)[0]?.source, source);
  });
}

Deno.test("names are safe, and each stands once, in the order of the parts", () => {
  const names = wantedFiles([
    part({ name: "../../a.txt", bytes: "QQ==" }),
    { kind: "text", text: "between" },
    part({ name: "a.txt", bytes: "Qg==" }),
    part({ uri: "https://x.example/dir/b%20c.pdf?d=/e" }),
    part({ uri: "https://x.example/%E0%A4%A" }),
    part({ bytes: "QQ==" }),
  ], OWN).map(({ name }) => name);
  assertEquals(names, ["a.txt", "a-2.txt", "b_c.pdf", "E0_A4_A", "file"]);
});

Deno.test("a message brings a hundred files at most, and the rest is counted", () => {
  const many = Array.from({ length: 1_000 }, () => part({ bytes: "QQ==" }));
  const wanted = wantedFiles(many, OWN);
  assertEquals(wanted.length, 101);
  assertEquals(wanted.at(-1)?.name, "900 more");
  assertEquals(wanted.at(-1)?.source, {
    is: "nowhere",
    reason: "too many files",
  });
});
