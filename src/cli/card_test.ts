import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { UsageError } from "../errors.ts";
import { type CardFlags, readCard, skills } from "./card.ts";

const TOKEN = "a-token-of-some-length";

const flags = (given: Partial<CardFlags>): CardFlags => ({
  card: undefined,
  "agent-model": undefined,
  "agent-skill": undefined,
  ...given,
});

/** Reads the card that a file of `text` gives. */
async function read(
  text: string | Uint8Array,
  given: Partial<CardFlags> = {},
  model?: string,
) {
  const path = await Deno.makeTempFile({ suffix: ".json" });
  try {
    const bytes = typeof text === "string"
      ? new TextEncoder().encode(text)
      : text;
    await Deno.writeFile(path, bytes);
    return await readCard(flags({ card: path, ...given }), TOKEN, model);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(
      error.message.replace(JSON.stringify(path), "FILE"),
      error.hint,
    );
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("readCard() gives nothing where nothing was given", async () => {
  assertEquals(await readCard(flags({}), TOKEN, undefined), undefined);
  assertEquals(await readCard(flags({}), TOKEN, ""), undefined);
});

Deno.test("readCard() reads JSON with comments, commas at ends and a byte order mark", async () => {
  const text = `\ufeff{
    // how it looks
    "name": "Reviewer", /* any member */ "icon": "🦊",
  }`;
  assertEquals(await read(text), { name: "Reviewer", icon: "🦊" });
});

Deno.test("readCard() takes flags before the file, and the back end's model behind it", async () => {
  const skill = { id: "a", name: "A", description: "does a" };
  const other = { id: "b", name: "B", description: "does b" };
  const file = JSON.stringify({ model: "of the file", skills: [skill], x: 1 });
  const given = { "agent-model": "flag", "agent-skill": [other] };
  assertEquals(await read(file, given, "opus"), {
    model: "flag",
    skills: [other],
    x: 1,
  });
  assertEquals((await read(file, {}, "opus"))?.model, "of the file");
  assertEquals((await read("{}", {}, "opus"))?.model, "opus");
});

const WRONG: readonly (readonly [
  what: string,
  text: string | Uint8Array,
  message: string,
])[] = [
  ["an empty file", "", "is no JSON: the file ends too early"],
  ["half a file", '{"name": ', "is no JSON: the file ends too early"],
  [
    "a missing comma",
    '{\n  "name": "a"\n  "x": 1\n}',
    "is no JSON: line 3, column 3: this does not belong here",
  ],
  [
    "one brace too many",
    '{"🦊": 1}}',
    'is no JSON: line 1, column 9: a "}" does not belong here',
  ],
  [
    "YAML",
    "name: a",
    "is no JSON: line 1, column 1: this does not belong here",
  ],
  ["a list", "[]", "is a list, not an object"],
  ["bytes", new Uint8Array([0x7b, 0xff, 0x7d]), "is no UTF-8 text"],
  ["a deep one", "[".repeat(100_000), "is nested too deeply"],
  [
    "a large one",
    " ".repeat(300_000),
    "cannot be read (it is larger than 262144 bytes)",
  ],
  [
    "skills that are strings",
    '{"skills": ["review"]}',
    ": skills[0] is a string, not an object",
  ],
  ["an address", '{"url": "http://a"}', ": url cannot be given"],
  ["the token", `{"x": "${TOKEN}"}`, "holds the workspace's token"],
];

for (const [what, text, message] of WRONG) {
  Deno.test(`readCard() refuses ${what}`, async () => {
    const error = await assertRejects(() => read(text), UsageError);
    const space = message.startsWith(":") ? "" : " ";
    assertEquals(error.message, `--card FILE${space}${message}`);
    assertEquals(`${error.message}${error.hint}`.includes(TOKEN), false);
  });
}

Deno.test("readCard() names a file that is not there", async () => {
  const error = await assertRejects(
    () => readCard(flags({ card: "no/such.json" }), TOKEN, undefined),
    UsageError,
  );
  assertEquals(error.message, '--card "no/such.json" does not exist');
});

Deno.test("skills() makes the id of the name", () => {
  const named = skills(["Code review: reads: all", "Übersetzen:ja"], "--s");
  assertEquals(named, [
    { id: "code-review", name: "Code review", description: "reads: all" },
    { id: "übersetzen", name: "Übersetzen", description: "ja" },
  ]);
});

for (
  const texts of [["review"], [": x"], ["x: "], ["a: x", "A: y"]]
) {
  Deno.test(`skills() refuses ${JSON.stringify(texts)}`, () => {
    assertThrows(() => skills(texts, "--agent-skill"), UsageError, "--agent-");
  });
}
