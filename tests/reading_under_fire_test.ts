/** Reading where a connector was away, a clock is wrong, or very much waits. */
import { assert, assertEquals } from "@std/assert";
import { loadState } from "../mod.ts";
import { faults } from "../src/testing/mod.ts";
import { Bench, recorder } from "./harness.ts";

const HOUR_MS = 3_600_000;

Deno.test("a row that becomes visible while the connector is dead is answered, although later ones were", async () => {
  await using bench = await Bench.start();
  const backend = recorder();
  const first = await bench.connect(backend);
  await bench.ping("before");
  await bench.until(() => bench.count("delivered") === 1);
  const held = bench.sandbox.holdRows(bench.agent.id);
  await bench.ping("late");
  held[Symbol.dispose](); // what is sent from now on is shown at once
  await bench.ping("after");
  await bench.until(() => bench.count("delivered") >= 2);
  await first.close();
  held.release();
  await bench.connect(backend);
  await bench.until(() => bench.count("delivered") === 3);
  assertEquals(backend.asked.toSorted(), ["after", "before", "late"]);
});

Deno.test("a start that settled nothing yet begins where it began before", async () => {
  await using bench = await Bench.start();
  const backend = recorder();
  // All rows are younger than the near base may be: nothing settles, and each start reads a window.
  const never = { nearAgeMs: HOUR_MS, farAgeMs: HOUR_MS };
  for (let life = 0; life < 3; life++) {
    const connection = await bench.connect(backend, {}, never);
    await bench.ping(`life ${life}`);
    await bench.until(() => bench.count("delivered") === 2 * life + 1);
    await connection.close();
    const state = await loadState(bench.stateDir, bench.agent.id);
    assertEquals(state.settled_since_id, "");
    await bench.ping(`between ${life}`);
    const drained = await bench.connect(backend, { once: true }, never);
    await drained.closed;
    assertEquals(bench.count("delivered"), 2 * life + 2);
  }
  assertEquals(backend.asked.length, new Set(backend.asked).size);
  assertEquals(backend.asked.length, 6);
});

Deno.test("after a pause longer than the platform keeps rows, what it still has is answered, once", async () => {
  await using bench = await Bench.start();
  const backend = recorder();
  const { sandbox, agent } = bench;
  await bench.ping("old", { createdAt: sandbox.time(20_000) });
  const first = await bench.connect(backend);
  await bench.until(() => bench.count("delivered") === 1);
  await bench.until(async () => {
    const state = await loadState(bench.stateDir, agent.id);
    return state.settled_since_id !== "";
  });
  await first.close();
  sandbox.prune(agent.id);
  for (let i = 0; i < 3; i++) await bench.ping(`kept ${i}`);
  await bench.connect(backend);
  await bench.until(() => bench.count("delivered") === 4);
  assertEquals(backend.asked, ["old", "kept 0", "kept 1", "kept 2"]);
  assertEquals(bench.count("cursor_reset"), 1);
});

for (const hours of [-24 * 40, -1, 1, 24 * 40]) {
  Deno.test(`a platform's clock that is ${hours} h off: nothing is lost, nothing is answered twice`, async () => {
    await using bench = await Bench.start({ clockOffsetMs: hours * HOUR_MS });
    const backend = recorder();
    const { sandbox } = bench;
    await bench.ping("too old", { createdAt: sandbox.time(60_000) });
    await bench.ping("waiting", { createdAt: sandbox.time(10_000) });
    for (let life = 0; life < 3; life++) {
      const connection = await bench.connect(backend);
      await bench.ping(`life ${life}`);
      await bench.until(() => bench.count("delivered") === 2 + 2 * life);
      await bench.ping("late", { createdAt: sandbox.time(100) });
      await bench.until(() => bench.count("delivered") === 3 + 2 * life);
      await connection.close();
    }
    const late = backend.asked.filter((text) => text === "late");
    assertEquals(late.length, 3);
    assertEquals(backend.asked.length, 7);
    assert(!backend.asked.includes("too old"));
  });
}

Deno.test("an outage on a feed that has no row yet: what comes in it is answered", async () => {
  await using bench = await Bench.start();
  const backend = recorder();
  const connection = await bench.connect(backend);
  await bench.until(() => bench.count("heartbeat") > 0);
  using down = bench.sandbox.fault("activity", faults.status(503), {
    times: Infinity,
  });
  await bench.until(() => bench.count("poll_failed") === 1);
  await bench.ping("in the outage");
  await connection.close(); // a restart in the middle of it, with nothing to begin from
  const again = bench.connect(backend);
  down.remove();
  await again;
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(backend.asked, ["in the outage"]);
});
