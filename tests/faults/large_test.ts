/** Pages and rows of the feed that are larger than anybody would send on purpose. */
import { assertEquals } from "@std/assert";
import { textReply } from "../../mod.ts";
import { Bench } from "../harness.ts";

const MIB = 1024 * 1024;

/** Answers every message with its first word. */
const brief = {
  name: "brief",
  handle: (message: { text: string }) =>
    Promise.resolve(textReply(`re: ${message.text.split(" ")[0]}`)),
};

/** Reads are rarely repeated here: each one would bring it all again. */
const CALM = { nearEveryMs: 500, farEveryMs: 60_000 };

Deno.test("large: a page of 20 MiB is read, and every message in it answered once", async () => {
  await using bench = await Bench.start();
  const numbers = Array.from({ length: 20 }, (_, n) => n);
  for (const n of numbers) await bench.ping(`${n} ${"x".repeat(MIB)}`);
  await bench.connect(brief, {}, CALM);
  await bench.until(() => bench.count("delivered") === numbers.length);
  assertEquals(bench.toPeer, numbers.map((n) => `re: ${n}`));
});

/** From now on the text `HUGE` is that many MiB long on the wire: a stream, because no sandbox keeps such a row. */
function swell({ sandbox }: Bench, mib: number): void {
  const piece = new TextEncoder().encode("x".repeat(MIB));
  sandbox.fault("activity", async ({ proceed }) => {
    const answer = await proceed();
    const text = await answer.text();
    const at = text.indexOf("HUGE");
    if (at < 0) return new Response(text, answer);
    const encode = (part: string) => new TextEncoder().encode(part);
    let left = mib;
    return new Response(
      new ReadableStream({
        start: (sink) => sink.enqueue(encode(text.slice(0, at))),
        pull(sink) {
          if (left-- > 0) return sink.enqueue(piece);
          sink.enqueue(encode(text.slice(at)));
          sink.close();
        },
      }),
      answer,
    );
  }, { times: Infinity });
}

Deno.test("large: a row of 40 MiB is read alone, and answered once", async () => {
  await using bench = await Bench.start();
  await bench.ping("before");
  await bench.ping("HUGE ");
  await bench.ping("after");
  swell(bench, 40);
  const lengths: number[] = [];
  await bench.connect(
    {
      name: "measuring",
      handle: ({ text }) => {
        lengths.push(Math.floor(text.length / MIB));
        return Promise.resolve(textReply(`re: ${lengths.length}`));
      },
    },
    {},
    CALM,
  );
  await bench.until(() => bench.count("delivered") === 3);
  assertEquals(lengths, [0, 40, 0]);
  assertEquals(bench.toPeer, ["re: 1", "re: 2", "re: 3"]);
});

Deno.test("large: a row of more than 128 MiB is a dead letter by its id, and those around it are answered", async () => {
  await using bench = await Bench.start();
  await bench.ping("before");
  const connection = await bench.connect(brief, {}, CALM);
  await bench.until(() => bench.count("delivered") === 1);
  swell(bench, 130);
  const tooLong = await bench.ping("HUGE");
  await bench.until(() => bench.count("dead_letter") === 1);
  const [letter] = bench.events.filter(({ type }) => type === "dead_letter");
  assertEquals(
    letter?.type === "dead_letter" && [letter.activityId, letter.reason],
    [tooLong, "the row is too large to be read"],
  );
  await bench.ping("after");
  await bench.until(() => bench.count("delivered") === 2);
  await connection.close();
  assertEquals(bench.toPeer, ["re: before", "re: after"]);
});
