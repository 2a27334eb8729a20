/** The feed as it really is: late rows, lost cursors, old messages, more rows than may wait. */
import { assert, assertEquals } from "@std/assert";
import { loadState, saveState } from "../mod.ts";
import { faults, MinimalPlatform, type Sandbox } from "../src/testing/mod.ts";
import { connectWith } from "../src/connect.ts";
import { Bench, QUICK, recorder } from "./harness.ts";

const sorted = (texts: readonly string[]) => [...texts].sort();
const reads = (sandbox: Sandbox) => sandbox.requestsTo("activity");

Deno.test("a first start looks back thirty seconds, and answers what it finds in rising time, once", async () => {
  await using bench = await Bench.start();
  await bench.ping("an hour old", { createdAt: bench.sandbox.time(3_600_000) });
  for (const n of [3, 2, 1]) {
    await bench.ping(`${n}`, { createdAt: bench.sandbox.time(n * 5_000) });
  }
  const backend = recorder();
  const connection = await bench.connect(backend);
  await bench.until(() => bench.count("delivered") === 3);
  await connection.close();
  assertEquals(backend.asked, ["3", "2", "1"]);
});

Deno.test("sinceSecs 0 means from now on", async () => {
  await using bench = await Bench.start();
  await bench.ping("old", { createdAt: bench.sandbox.time(10_000) });
  const backend = recorder();
  await bench.connect(backend, { sinceSecs: 0 });
  await bench.ping("new");
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(backend.asked, ["new"]);
});

Deno.test("a row shown after later ones were read is answered", async () => {
  await using bench = await Bench.start();
  const backend = recorder();
  const connection = await bench.connect(backend);
  for (const n of [1, 2, 3]) {
    // A transaction that began first and ends last: its row is stamped before a row that is read long before it shows.
    const createdAt = bench.sandbox.time();
    await bench.ping(`after ${n}`);
    await bench.until(() => bench.count("message") === 2 * n - 1);
    await bench.ping(`late ${n}`, { createdAt });
    await bench.until(() => bench.count("message") === 2 * n);
  }
  await bench.until(() => bench.count("delivered") === 6);
  // Its time and place are before rows that were read long ago.
  await bench.ping("very late", { createdAt: bench.sandbox.time(2_000) });
  await bench.until(() => bench.count("delivered") === 7);
  await connection.close();
  assertEquals(new Set(backend.asked).size, 7);
  assertEquals(backend.asked.length, 7);
});

Deno.test("a late row takes the settled cursor back before its turn begins", async () => {
  await using bench = await Bench.start();
  const first = await bench.ping("first", {
    createdAt: bench.sandbox.time(20_000),
  });
  const second = await bench.ping("second", {
    createdAt: bench.sandbox.time(8_000),
  });
  let settledInTurn: string | undefined;
  const connection = await bench.connect(
    recorder(async (message) => {
      if (message.text !== "late") return;
      const state = await loadState(bench.stateDir, bench.agent.id);
      settledInTurn = state.settled_since_id;
    }),
    {},
    { farAgeMs: 15_000 },
  );
  await bench.until(() => bench.count("delivered") === 2);
  await bench.until(async () => {
    const state = await loadState(bench.stateDir, bench.agent.id);
    return state.settled_since_id === second;
  });
  await bench.ping("late", { createdAt: bench.sandbox.time(12_000) });
  await bench.until(() => bench.count("delivered") === 3);
  await connection.close();
  assertEquals(settledInTurn, first);
});

Deno.test("a row shown behind the settled one while no connector runs is answered at the next start", async () => {
  await using bench = await Bench.start();
  const createdAt = bench.sandbox.time(10_000);
  const settled = await bench.ping("settled", {
    createdAt: bench.sandbox.time(5_000),
  });
  const backend = recorder();
  const connection = await bench.connect(backend);
  await bench.until(async () => {
    const state = await loadState(bench.stateDir, bench.agent.id);
    return state.settled_since_id === settled;
  });
  await connection.close();
  await bench.ping("late", { createdAt });
  await bench.connect(backend);
  await bench.until(() => bench.count("delivered") === 2);
  assertEquals(backend.asked, ["settled", "late"]);
});

Deno.test("after a restart nothing is answered twice, and what came meanwhile is answered", async () => {
  await using bench = await Bench.start();
  const backend = recorder();
  for (let round = 0; round < 4; round++) {
    const connection = await bench.connect(backend);
    await bench.ping(`a${round}`);
    await bench.until(() => bench.count("delivered") === 2 * round + 1);
    await connection.close();
    await bench.ping(`b${round}`);
    const again = await bench.connect(backend);
    await bench.until(() => bench.count("delivered") === 2 * round + 2);
    await again.close();
  }
  assertEquals(
    sorted(backend.asked),
    sorted(bench.toPeer.map((t) => t.slice(4))),
  );
  assertEquals(new Set(backend.asked).size, 8);
  assertEquals(backend.asked.length, 8);
});

Deno.test("a pruned cursor: a window is read, and nothing in it is answered again", async () => {
  await using bench = await Bench.start();
  const backend = recorder();
  const connection = await bench.connect(backend);
  for (let i = 0; i < 20; i++) await bench.ping(`old ${i}`);
  await bench.until(() => bench.count("delivered") === 20);
  bench.sandbox.fault("activity", faults.status(410), {
    when: (request) => request.query.has("since_id"),
  });
  await bench.ping("new");
  await bench.until(() => bench.count("delivered") === 21);
  await bench.until(() => bench.count("cursor_reset") === 1);
  await connection.close();
  assertEquals(backend.asked.length, 21);
});

Deno.test("a cursor of another kind than the platform's is a lost one", async () => {
  await using bench = await Bench.start();
  await saveState(bench.stateDir, {
    workspace_id: bench.agent.id,
    last_since_id: "no-uuid",
  });
  await bench.connect(recorder());
  await bench.ping("ping");
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bench.count("cursor_reset"), 1);
});

Deno.test("a Go CLI's file: reading goes on from its cursor", async () => {
  await using bench = await Bench.start();
  const done = await bench.ping("done", {
    createdAt: bench.sandbox.time(90_000),
  });
  await bench.ping("waiting", { createdAt: bench.sandbox.time(80_000) });
  await saveState(bench.stateDir, {
    workspace_id: bench.agent.id,
    last_since_id: done,
  });
  const backend = recorder();
  await bench.connect(backend);
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(backend.asked, ["waiting"]);
});

Deno.test("a window of many pages with rows of one time is read whole", async () => {
  await using bench = await Bench.start();
  const at = bench.sandbox.time(10_000);
  for (let i = 0; i < 130; i++) await bench.ping(`tie ${i}`, { createdAt: at });
  for (let i = 0; i < 60; i++) await bench.ping(`new ${i}`);
  const backend = recorder();
  await bench.connect(backend);
  await bench.until(() => bench.count("delivered") === 190);
  assertEquals(backend.asked.length, 190);
  assertEquals(
    backend.asked.slice(0, 130),
    Array.from({ length: 130 }, (_, i) => `tie ${i}`),
  );
});

Deno.test("more rows than may wait: reading stops taking them in, sees people, and answers all", async () => {
  await using bench = await Bench.start();
  const go = Promise.withResolvers<void>();
  const backend = recorder(() => go.promise);
  await bench.connect(backend);
  await bench.ping("first");
  await bench.until(() => bench.count("turn_started") === 1);
  for (let i = 0; i < 1_200; i++) await bench.ping(`p${i}`);
  await bench.until(() => bench.count("message") >= 1_001);
  await bench.sandbox.sendAsHuman(bench.agent.id, "a person");
  await bench.until(() =>
    bench.events.some((event) =>
      event.type === "message" && event.origin === "canvas"
    )
  );
  assert(bench.count("message") < 1_100, "no more rows than may wait");
  go.resolve();
  await bench.until(() => bench.count("delivered") === 1_202);
  assertEquals(backend.asked[1], "a person");
  assertEquals(backend.asked.length, 1_202);
  assertEquals(new Set(backend.asked).size, 1_202);
});

Deno.test("a window of more rows than may wait is read forward from its oldest", async () => {
  await using bench = await Bench.start();
  for (let i = 0; i < 1_300; i++) await bench.ping(`p${i}`);
  const backend = recorder();
  await bench.connect(backend, { concurrency: 4 });
  await bench.until(() => bench.count("delivered") === 1_300);
  assertEquals(backend.asked, Array.from({ length: 1_300 }, (_, i) => `p${i}`));
});

Deno.test("a page that is too long is asked for with fewer rows", async () => {
  await using bench = await Bench.start();
  for (let i = 0; i < 6; i++) await bench.ping(`${i}${"x".repeat(7_000_000)}`);
  const lengths: number[] = [];
  await bench.connect({
    name: "length",
    handle: (message) => {
      lengths.push(message.text.length);
      return Promise.resolve({ parts: [] });
    },
  });
  await bench.until(() => bench.count("answered") === 6);
  assertEquals(lengths, Array(6).fill(7_000_001));
  assert(
    reads(bench.sandbox).some((request) =>
      Number(request.query.get("limit")) < 50
    ),
  );
});

Deno.test("an outage of an empty feed loses nothing", async () => {
  await using bench = await Bench.start();
  await bench.connect(recorder());
  await bench.until(() => bench.count("heartbeat") > 0);
  await bench.sandbox.goDown();
  await bench.until(() => bench.count("poll_failed") === 1);
  await bench.ping("sent meanwhile");
  await bench.sandbox.comeBack();
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bench.count("poll_recovered"), 1);
});

for (
  const [what, fault] of [
    ["429", faults.status(429, { headers: { "retry-after": "0" } })],
    ["401", faults.status(401)],
    ["403 with an empty body", faults.status(403, { body: "" })],
    ["404 of a proxy", faults.html(404)],
    ["500", faults.status(500)],
    ["400", faults.status(400)],
    ["HTML with 200", faults.html()],
    ["JSON of another shape", faults.status(200, { body: { rows: [] } })],
    ["a redirect", faults.redirect("http://127.0.0.1:1/elsewhere")],
    ["a cut body", faults.cut()],
  ] as const
) {
  Deno.test(`the feed answers ${what} three times: reading goes on`, async () => {
    await using bench = await Bench.start();
    await bench.connect(recorder());
    bench.sandbox.fault("activity", fault, { times: 3 });
    await bench.ping("ping");
    await bench.until(() => bench.count("delivered") === 1);
    assertEquals(bench.toPeer, ["re: ping"]);
  });
}

Deno.test("duplicate rows in a page are one message", async () => {
  await using bench = await Bench.start();
  const backend = recorder();
  const connection = await bench.connect(backend);
  bench.sandbox.fault("activity", faults.duplicateRows(), { times: Infinity });
  await bench.ping("ping");
  await bench.until(() => bench.count("delivered") === 1);
  await connection.close();
  assertEquals(backend.asked, ["ping"]);
});

Deno.test("a platform that hands rows out once, without times and more of them than may wait: each is answered", async () => {
  await using platform = await MinimalPlatform.start();
  const stateDir = await Deno.makeTempDir();
  const rows = Array.from({ length: 1_100 }, (_, i) => ({
    id: `act-${i}`,
    method: "message/send",
    source_id: "ws-peer",
    request_body: {
      params: { message: { parts: [{ type: "text", text: `${i}` }] } },
    },
  }));
  platform.queue("ws-me", ...rows);
  const asked: string[] = [];
  const all = Promise.withResolvers<void>();
  const connection = await connectWith({
    apiUrl: platform.url,
    workspaceId: "ws-me",
    token: "some-token",
    stateDir,
    pollIntervalMs: 10,
    concurrency: 1,
    backend: {
      name: "silent",
      handle: (message) => {
        asked.push(message.text);
        if (asked.length === 1_100) all.resolve();
        return Promise.resolve({ parts: [] });
      },
    },
  }, QUICK);
  await all.promise;
  await connection.close();
  assertEquals(asked, rows.map((_, i) => `${i}`));
  await Deno.remove(stateDir, { recursive: true });
});
