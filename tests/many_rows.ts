/** Very much waits. */
import { assert, assertEquals } from "@std/assert";
import { loadState, textReply } from "../mod.ts";
import { Bench } from "./harness.ts";

Deno.test("ten thousand rows wait: all are handled, once and in order, and requests stay few", async () => {
  await using bench = await Bench.start();
  const { sandbox, agent } = bench;
  const count = 10_000;
  for (let i = 0; i < count; i++) {
    await bench.ping(`m${i}`, {
      createdAt: sandbox.time(20_000 - Math.floor(i / 3)),
    });
  }
  const asked: string[] = [];
  const connection = await bench.connect(
    {
      name: "silent",
      handle(message) {
        asked.push(message.text);
        return Promise.resolve(textReply("")); // nothing to send: it is about reading
      },
      // Seldom enough that what a slow machine adds, read by read, stays far below one read for each message.
    },
    { pollIntervalMs: 100 },
    { nearEveryMs: 500, farEveryMs: 2_000 },
  );
  await bench.until(() => asked.length === count, 300_000);
  await connection.close();
  assertEquals(asked, Array.from({ length: count }, (_, i) => `m${i}`));
  const reads = sandbox.requestsTo("activity").length;
  assert(reads < count / 2, `${reads} reads`);
  const state = await loadState(bench.stateDir, agent.id);
  assertEquals(state.last_since_id, sandbox.rows(agent.id).at(-1)!.id);
});
