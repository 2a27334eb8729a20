/** How many answers may wait, and for whom. */
import { assert, assertEquals } from "@std/assert";
import { faults } from "../src/testing/mod.ts";
import { Bench, recorder, unreachable } from "./harness.ts";

Deno.test("more than a hundred answers wait for the platform: no more turns begin, and all is answered in the end", async () => {
  await using bench = await Bench.start();
  const backend = recorder();
  const connection = await bench.connect(backend, {}, { farEveryMs: 5_000 });
  const busy = bench.sandbox.fault("notify", faults.status(429), {
    times: Infinity,
  });
  for (let i = 0; i < 150; i++) {
    await bench.sandbox.sendAsHuman(bench.agent.id, `m${i}`);
  }
  await bench.until(() => bench.count("answered") === 101);
  await bench.until(() => bench.count("message") === 150);
  assertEquals(backend.asked.length, 101);
  assertEquals(connection.status.waiting, 49);
  busy.remove();
  await bench.until(() => bench.count("delivered") === 150);
  const expected = Array.from({ length: 150 }, (_, i) => `re: m${i}`);
  assertEquals(bench.sandbox.notifies(bench.agent.id), expected);
});

Deno.test("a peer that cannot be reached keeps twenty answers waiting; its older ones are given up, and nobody else is held back", async () => {
  await using bench = await Bench.start();
  await bench.connect(recorder());
  await bench.ping("it polls at first");
  await bench.until(() => bench.count("delivered") === 1);
  const broken = bench.sandbox.fault("a2a", unreachable, {
    times: Infinity,
    when: (request) => request.path.includes(bench.peer.id),
  });
  const texts = Array.from({ length: 130 }, (_, i) => `m${i}`);
  for (const text of texts) await bench.ping(text);
  await bench.until(() => bench.count("dead_letter") === 110);
  await bench.sandbox.sendAsHuman(bench.agent.id, "hello");
  await bench.until(() => bench.count("delivered") === 2);
  const letters = bench.events.filter((event) => event.type === "dead_letter");
  assert(letters[0]?.reason?.includes("more than 20 answers"));
  broken.remove();
  await bench.until(() => bench.count("delivered") === 22);
  assertEquals(
    bench.toPeer.slice(1),
    texts.slice(110).map((text) => `re: ${text}`),
  );
  assertEquals(bench.count("dead_letter"), 110);
});

Deno.test("a peer that polls: what the platform itself puts off is never given up for being too much", async () => {
  await using bench = await Bench.start();
  await bench.connect(recorder());
  const busy = bench.sandbox.fault("a2a", faults.status(429), {
    times: Infinity,
    when: (request) => request.path.includes(bench.peer.id),
  });
  for (let i = 0; i < 40; i++) await bench.ping(`m${i}`);
  await bench.until(() => bench.count("answered") === 40);
  await bench.sandbox.waitFor(() => busy.hits >= 8);
  busy.remove();
  await bench.until(() => bench.count("delivered") === 40);
  assertEquals(bench.count("dead_letter"), 0);
});
