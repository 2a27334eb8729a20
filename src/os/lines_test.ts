import { assertEquals, assertRejects } from "@std/assert";
import { readLines } from "./lines.ts";

/** Reads `chunks` (texts, or bytes) and gives the lines, and how often one was too long. */
async function read(
  chunks: readonly (string | readonly number[])[],
  maxLineBytes = 100,
): Promise<{ lines: string[]; overflows: number }> {
  const lines: string[] = [];
  let overflows = 0;
  const bytes = chunks.map((chunk) =>
    typeof chunk === "string"
      ? new TextEncoder().encode(chunk)
      : Uint8Array.from(chunk)
  );
  await readLines(ReadableStream.from(bytes), {
    maxLineBytes,
    onLine: (line) => lines.push(line),
    onOverflow: () => overflows++,
  }).done;
  return { lines, overflows };
}

for (
  const [what, chunks, lines] of [
    ["whole lines", ["a\nb\n"], ["a", "b"]],
    ["a line in pieces", ["a", "b", "c\nd\n"], ["abc", "d"]],
    ["a last line without an end", ["a\nb"], ["a", "b"]],
    ["carriage returns at the end only", ["a\r\nb\rc\r\n"], ["a", "b\rc"]],
    ["empty lines", ["\n\na\n\r\n\n"], ["a"]],
    ["nothing", [], []],
    ["a character in two chunks", [[0xc3], [0xa4, 0x0a]], ["ä"]],
    ["bytes that are no UTF-8", [[0xff, 0x0a]], ["\ufffd"]],
  ] as const
) {
  Deno.test(`readLines() takes ${what}`, async () => {
    assertEquals(await read(chunks), { lines: [...lines], overflows: 0 });
  });
}

Deno.test("readLines() takes any number of lines, each as long as one may be", async () => {
  const line = "x".repeat(100);
  const { lines, overflows } = await read(Array(1_000).fill(`${line}\n`));
  assertEquals([lines.length, overflows], [1_000, 0]);
});

Deno.test("readLines() ends at a line that is too long, tells it once, and reads on", async () => {
  const long = "x".repeat(60);
  assertEquals(await read(["a\n", long, long, long, "\nb\n"]), {
    lines: ["a"],
    overflows: 1,
  });
});

Deno.test("readLines() rejects with what the taker of a line throws", async () => {
  const reading = readLines(
    ReadableStream.from([new TextEncoder().encode("a\n")]),
    {
      maxLineBytes: 100,
      onLine: () => {
        throw new Error("no such line");
      },
      onOverflow: () => {},
    },
  );
  await assertRejects(() => reading.done, Error, "no such line");
});
