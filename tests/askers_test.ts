/** Who may ask, and how often. */
import { assert, assertEquals } from "@std/assert";
import { loadState } from "../mod.ts";
import { Bench, recorder } from "./harness.ts";

/** What the rules refused, by the reasons that events tell. */
function refused({ events }: Bench): string[] {
  return events.flatMap((event) =>
    event.type === "skipped" && /not_allowed|exchange_cap/.test(event.reason)
      ? [event.reason]
      : []
  );
}

/** Log lines of one level. */
function lines(level: "info" | "warn") {
  const told: [string, Readonly<Record<string, unknown>>][] = [];
  const nothing = () => {};
  const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
  return {
    told,
    log: {
      ...log,
      [level]: (text: string, fields = {}) => void told.push([text, fields]),
    },
  };
}

Deno.test("a peer that is not allowed is skipped: no turn, no answer, no dead letter; it is counted and logged once", async () => {
  await using bench = await Bench.start();
  const { sandbox, agent, rootId, peer } = bench;
  const other = sandbox.createWorkspace({ name: "other", parentId: rootId });
  const backend = recorder();
  const { told, log } = lines("info");
  const connection = await bench.connect(backend, {
    allowPeers: ["ws-of-another-form", peer.id.toUpperCase()],
    log,
  });
  for (const text of ["1", "2", "3"]) {
    await sandbox.sendAsPeer(other.id, agent.id, text);
  }
  await bench.ping("ping");
  await sandbox.sendAsHuman(agent.id, "hello");
  await bench.until(() => bench.count("delivered") === 2);
  assertEquals(backend.asked.sort(), ["hello", "ping"]);
  assertEquals(sandbox.messagesTo(other.id), []);
  assertEquals(refused(bench), Array(3).fill("not_allowed"));
  assertEquals(connection.status.counters.notAllowed, 3);
  assertEquals(bench.count("dead_letter"), 0);
  const refusals = told.filter(([text]) => text.includes("may not ask"));
  assertEquals(refusals.length, 1);
  assertEquals(refusals[0]![1].peer, other.id.slice(0, 8));
  await connection.close();
  const last = sandbox.rows(agent.id).findLast(({ method }) =>
    method === "message/send"
  );
  const state = await loadState(bench.stateDir, agent.id);
  assert(state.handled?.some(([id]) => id === last!.id), "it is not finished");
});

for (const allowed of ["peer", "canvas", "channel"] as const) {
  Deno.test(`only messages of origin ${allowed} are answered where that is asked`, async () => {
    await using bench = await Bench.start();
    const { sandbox, agent } = bench;
    const backend = recorder();
    await bench.connect(backend, { allowOrigins: [allowed] });
    await bench.ping("peer");
    await sandbox.sendAsHuman(agent.id, "canvas");
    await sandbox.sendAsChannel(agent.id, "channel", { channelId: "c" });
    await bench.until(() =>
      bench.count("delivered") === 1 && refused(bench).length === 2
    );
    assertEquals(backend.asked, [allowed]);
  });
}

/** The peer answers whatever it gets, and does not say that it is an answer. */
function chatter({ sandbox, agent, peer }: Bench, contextId: string) {
  const ended = new AbortController();
  const run = async () => {
    for (let n = 0;; n++) {
      await sandbox.waitFor(() => sandbox.messagesTo(peer.id).length > n, {
        signal: ended.signal,
      });
      const { text } = sandbox.messagesTo(peer.id)[n]!;
      await sandbox.sendAsPeer(peer.id, agent.id, `and ${text}`.slice(0, 40), {
        contextId,
      });
    }
  };
  const running = run().catch((error) => {
    if (!ended.signal.aborted) throw error;
  });
  return {
    [Symbol.asyncDispose]: async () => {
      ended.abort();
      await running;
    },
  };
}

Deno.test("two agents that answer each other without end stop at the cap, and may go on after the hour", async () => {
  await using bench = await Bench.start();
  const { sandbox, agent } = bench;
  const { told, log } = lines("warn");
  const connection = await bench.connect(
    recorder(),
    { maxExchanges: 5, log },
    { exchangeWindowMs: 3_000 },
  );
  await using _ = chatter(bench, "endless");
  await bench.ping("hello", { contextId: "endless" });
  await bench.until(() => refused(bench).length === 1);
  assertEquals(bench.toPeer.length, 6, "one answer, and five exchanges");
  assertEquals(refused(bench), ["exchange_cap"]);
  assertEquals(connection.status.counters.exchangeCap, 1);
  assertEquals(told.filter(([text]) => text.includes("without end")).length, 1);
  // People, and the peer's other conversations, are answered as before.
  await bench.ping("another matter", { contextId: "other" });
  await sandbox.sendAsHuman(agent.id, "hello");
  await bench.until(() => bench.count("delivered") >= 8);
  assertEquals(sandbox.notifies(agent.id), ["re: hello"]);
  // After the hour it is answered again, up to the cap.
  const before = bench.toPeer.length;
  while (bench.toPeer.length === before) {
    await bench.ping("are you there?", { contextId: "endless" });
    const seen = bench.count("skipped") + bench.count("answered");
    await bench.until(() =>
      bench.count("skipped") + bench.count("answered") > seen
    );
  }
});

Deno.test("a burst that was sent before any answer is answered, all of it", async () => {
  await using bench = await Bench.start();
  const texts = Array.from({ length: 30 }, (_, i) => `m${i}`);
  for (const text of texts) await bench.ping(text);
  await bench.connect(recorder(), { maxExchanges: 1 });
  await bench.until(() => bench.count("delivered") === 30);
  assertEquals(refused(bench), []);
});

Deno.test("the count of exchanges survives a restart", async () => {
  await using bench = await Bench.start();
  const first = await bench.connect(recorder(), { maxExchanges: 2 });
  for (let n = 1; n <= 3; n++) {
    await bench.ping(`m${n}`);
    await bench.until(() => bench.count("delivered") === n);
  }
  await first.close();
  bench.events.splice(0);
  await bench.connect(recorder(), { maxExchanges: 2 });
  await bench.ping("m4");
  await bench.until(() => refused(bench).length === 1);
});

Deno.test("a peer beyond its rate waits and counts as waiting; another one and a person do not wait", async () => {
  await using bench = await Bench.start();
  const { sandbox, agent, rootId } = bench;
  const other = sandbox.createWorkspace({ name: "other", parentId: rootId });
  const backend = recorder();
  const connection = await bench.connect(backend, { peerRate: 2 });
  for (const text of ["1", "2", "3", "4"]) await bench.ping(text);
  await sandbox.sendAsPeer(other.id, agent.id, "other");
  await sandbox.sendAsHuman(agent.id, "hello");
  await bench.until(() => bench.count("delivered") === 4);
  await bench.until(() => bench.count("message") === 6);
  assertEquals(backend.asked.sort(), ["1", "2", "hello", "other"]);
  assertEquals(connection.status.waiting, 2);
  const tasks = () => sandbox.heartbeats(agent.id).at(-1)?.active_tasks;
  await sandbox.waitFor(() => tasks() === 2);
  assertEquals(bench.count("dead_letter"), 0);
});
