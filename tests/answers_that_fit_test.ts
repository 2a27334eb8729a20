/** Long answers, and those that were meant for a terminal: what people see of them, and what peers get. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type Backend, createBackend, textReply } from "../mod.ts";
import { bubblesOf } from "../src/delivery/long_text.ts";
import { NOTHING_TO_SAY } from "../src/delivery/outgoing.ts";
import { faults } from "../src/testing/mod.ts";
import { Bench } from "./harness.ts";

const MIB = 1024 * 1024;

function saying(text: string): Backend {
  return { name: "sayer", handle: () => Promise.resolve(textReply(text)) };
}

const paragraphs = (chars: number) =>
  Array.from(
    { length: Math.ceil(chars / 600) },
    (_, i) => `Paragraph ${i}: ${"word ".repeat(118)}`.trim(),
  ).join("\n\n");

/** The attachments of the newest bubble, and the content of the first of them. */
function attached({ sandbox, agent }: Bench) {
  const [post] = sandbox.requestsTo("notify").slice(-1);
  const files = (post!.json.attachments ?? []) as {
    readonly name: string;
    readonly mimeType: string;
    readonly uri: string;
  }[];
  const id = files[0]?.uri.split("/").at(-1);
  return {
    files,
    content: async () => {
      const got = await fetch(
        `${sandbox.url}/workspaces/${agent.id}/pending-uploads/${id}/content`,
        { headers: { authorization: `Bearer ${agent.token}` } },
      );
      return await got.text();
    },
  };
}

Deno.test("an answer of a megabyte: a person gets its beginning, and all of it as answer.md", async () => {
  const long = paragraphs(1_000_000);
  await using bench = await Bench.start();
  await bench.connect(saying(long));
  await bench.sandbox.sendAsHuman(bench.agent.id, "tell me all");
  await bench.until(() => bench.count("delivered") === 1);
  const [bubble = "", ...more] = bench.sandbox.notifies(bench.agent.id);
  assertEquals(more, []);
  assert(bubble.length <= 10_000);
  const shown = bubble.slice(0, bubble.lastIndexOf("\n\n("));
  assert(long.startsWith(`${shown}\n\nParagraph`));
  const { files, content } = attached(bench);
  assertEquals(files.map(({ name, mimeType }) => [name, mimeType]), [
    ["answer.md", "text/markdown"],
  ]);
  assertEquals(await content(), long);
});

Deno.test("the same answer where no upload is taken: ten bubbles in order, the last one says what is missing", async () => {
  const long = paragraphs(1_000_000);
  await using bench = await Bench.start();
  bench.sandbox.fault("uploads", faults.status(422), { times: Infinity });
  await bench.connect(saying(long));
  await bench.sandbox.sendAsHuman(bench.agent.id, "tell me all");
  await bench.until(() => bench.count("delivered") === 1);
  const bubbles = bench.sandbox.notifies(bench.agent.id);
  assertEquals(bubbles, bubblesOf(long));
  assertEquals(bubbles.length, 10);
  assertStringIncludes(bubbles.at(-1)!, "more characters of it are missing");
  assertEquals(bench.count("delivered"), 1);
});

Deno.test("a bubble of several that is cut is looked for by itself; none is shown twice, none left out", async () => {
  const long = paragraphs(30_000);
  await using bench = await Bench.start();
  bench.sandbox.fault("uploads", faults.status(422), { times: Infinity });
  bench.sandbox.fault("notify", faults.cut({ accept: true }));
  bench.sandbox.fault("notify", faults.status(500));
  await bench.connect(saying(long));
  await bench.sandbox.sendAsHuman(bench.agent.id, "tell me");
  await bench.until(() => bench.count("delivered") === 1);
  const bubbles = bench.sandbox.notifies(bench.agent.id);
  assertEquals(bubbles, bubblesOf(long));
  assertEquals(bubbles.join("\n\n"), long);
});

Deno.test("a stop while uploads are refused leaves the bubbles in order for the next start", async () => {
  const long = paragraphs(30_000);
  await using bench = await Bench.start();
  bench.sandbox.fault("uploads", faults.status(422), { times: Infinity });
  bench.sandbox.fault("notify", faults.status(503), { times: 2 });
  const first = await bench.connect(saying(long));
  await bench.sandbox.sendAsHuman(bench.agent.id, "tell me");
  await bench.until(() => bench.sandbox.requestsTo("notify").length > 0);
  await first.close();
  await bench.connect(saying("not asked"));
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bench.sandbox.notifies(bench.agent.id), bubblesOf(long));
});

/** What programs write to a terminal, and what is to be shown. */
const TERMINAL: readonly (readonly [string, string, string])[] = [
  ["colours", "\x1b[1;32mok\x1b[0m: \x1b[38;5;9mred\x1b[m", "ok: red"],
  ["a link", "\x1b]8;;https://x.example\x07here\x1b]8;;\x07", "here"],
  ["control characters", "a\x00b\x08c\x85d\u202ee\tf\n", "abcde\tf\n"],
  ["emoji beside colours", "\x1b[1m👨‍👩‍👧 e\u0301\x1b[0m", "👨‍👩‍👧 e\u0301"],
  ["nothing else", "\x1b[2J\x1b[0m\x07", NOTHING_TO_SAY],
];
for (const [what, said, shown] of TERMINAL) {
  Deno.test(`an answer with escape sequences and ${what} is shown without them`, async () => {
    await using bench = await Bench.start();
    await bench.connect(saying(said));
    await bench.sandbox.sendAsHuman(bench.agent.id, "hello");
    await bench.ping("hello");
    const answers = shown === NOTHING_TO_SAY ? 1 : 2;
    await bench.until(() => bench.count("delivered") === answers);
    assertEquals(bench.sandbox.notifies(bench.agent.id), [shown]);
    assertEquals(bench.toPeer, answers === 2 ? [shown] : []);
  });
}

Deno.test("a peer gets a text of 20 MB cut with an honest note, in a request that is taken", async () => {
  await using bench = await Bench.start();
  await bench.connect(saying("👍🏽".repeat(20 * MIB / 8)));
  await bench.ping("all of it");
  await bench.until(() => bench.count("delivered") === 1);
  const [cut = "", note = ""] = bench.toPeer[0]!.split("\n");
  assertEquals(cut.replaceAll("👍🏽", ""), "");
  assert(cut.length > 7 * MIB * 0.9);
  const missing = 20 * MIB / 2 - cut.length;
  assertStringIncludes(note, ` ${missing} more characters of it are missing`);
});

Deno.test("a peer gets a long text whole", async () => {
  const long = paragraphs(1_000_000);
  await using bench = await Bench.start();
  await bench.connect(saying(long));
  await bench.ping("all of it");
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bench.toPeer, [long]);
});

Deno.test("the output of a command is cleaned, cut and attached like any other", async () => {
  await using bench = await Bench.start();
  const script = `printf '\\033[31m'; seq -f 'line %05g' 1 5000`;
  await bench.connect(createBackend("exec", { cmd: script }));
  await bench.sandbox.sendAsHuman(bench.agent.id, "go");
  await bench.until(() => bench.count("delivered") === 1);
  const [bubble = ""] = bench.sandbox.notifies(bench.agent.id);
  assert(bubble.startsWith("line 00001\nline 00002\n"));
  assert(bubble.length <= 10_000);
  const content = await attached(bench).content();
  assert(content.endsWith("line 05000"));
});
