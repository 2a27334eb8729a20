/** `docs/chat.md` tells what people read in the chat: the sentences are those of the code, and the pictures are there. */
import { assert } from "@std/assert";

const ROOT = new URL("../", import.meta.url);
const DOCS = new URL("docs/", ROOT);
const page = await Deno.readTextFile(new URL("chat.md", DOCS));

/** The code that has words for people, with strings that go over several lines put together. */
async function code(): Promise<string> {
  const files: string[] = [];
  for (const folder of ["delivery/", "presence/"]) {
    const at = new URL(`src/${folder}`, ROOT);
    for await (const { name } of Deno.readDir(at)) {
      if (name.endsWith("_test.ts")) continue;
      files.push(await Deno.readTextFile(new URL(name, at)));
    }
  }
  return files.join("\n").replaceAll(/" \+\s*"/g, "");
}

Deno.test("every sentence that docs/chat.md says a person reads is one of ours", async () => {
  const [, table = ""] = page.split("## How a question ends");
  const [rows = ""] = table.split("\n## ");
  const sentences = [...rows.matchAll(/"([^"…]+)…?"/g)].map(([, text]) =>
    text!.trim()
  );
  assert(sentences.length >= 10);
  const all = await code();
  for (const text of sentences) assert(all.includes(text), text);
});

Deno.test("every picture and page that docs/chat.md and the README show is there", async () => {
  const readme = await Deno.readTextFile(new URL("README.md", ROOT));
  let found = 0;
  for (const [text, base] of [[page, DOCS], [readme, ROOT]] as const) {
    for (const [, target] of text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      await Deno.stat(new URL(target!, base));
      found++;
    }
  }
  assert(found >= 10);
});
