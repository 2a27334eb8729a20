import { assertEquals } from "@std/assert";
import { testMessage } from "../testing/backend_context.ts";
import type { Part } from "../a2a/part.ts";
import { contentText } from "./content_text.ts";

const TEXT: Part = { kind: "text", text: "look: " };
const DATA: Part = { kind: "data", data: { n: 1 } };
const FILE: Part = { kind: "file", file: { name: "a.txt", bytes: "YQ==" } };

for (
  const [what, parts, expected] of [
    ["a text as it is", [TEXT], "look: "],
    ["text, then data", [DATA, TEXT], 'look: \n\n{"n":1}'],
    ["data alone", [DATA, DATA], '{"n":1}\n\n{"n":1}'],
    ["data that is none", [{ kind: "data", data: undefined }], "null"],
    ["nothing of files", [FILE], ""],
  ] as const satisfies readonly (readonly [string, readonly Part[], string])[]
) {
  Deno.test(`contentText() gives ${what}`, () => {
    const text = parts.some((part) => part === TEXT) ? "look: " : "";
    assertEquals(contentText(testMessage(text, { parts })), expected);
  });
}

Deno.test("contentText() is not much longer than the data, however deep it is nested", () => {
  let data: unknown = [];
  for (let depth = 0; depth < 1_000; depth++) data = [data, depth];
  const parts: Part[] = [{ kind: "data", data }];
  const length = contentText(testMessage("", { parts })).length;
  assertEquals(length, JSON.stringify(data).length);
});
