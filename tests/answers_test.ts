/** What becomes of an answer that the platform or the peer does not simply take. */
import { assertEquals } from "@std/assert";
import { loadState } from "../mod.ts";
import { faults } from "../src/testing/mod.ts";
import { Bench, recorder, unreachable } from "./harness.ts";

/** A peer that is pushed to: a server that answers each message as it is told. */
function pushPeer(answer: () => Response | Promise<Response>) {
  const bodies: string[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      bodies.push(await request.text());
      return await answer();
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/a2a`,
    bodies,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

async function withPushPeer(answer: () => Response | Promise<Response>) {
  const bench = await Bench.start();
  const peer = pushPeer(answer);
  const parent = bench.sandbox.createWorkspace({ name: "root 2" });
  const agent = bench.sandbox.createWorkspace({
    name: "agent 2",
    parentId: parent.id,
  });
  const pushed = bench.sandbox.createWorkspace({
    name: "pushed",
    parentId: parent.id,
    deliveryMode: "push",
    url: peer.url,
  });
  return {
    bench,
    peer,
    agent,
    pushed,
    connect: () =>
      bench.connect(recorder(), { workspaceId: agent.id, token: agent.token }),
    ask: (text: string) => bench.sandbox.sendAsPeer(pushed.id, agent.id, text),
    [Symbol.asyncDispose]: async () => {
      await bench[Symbol.asyncDispose]();
      await peer[Symbol.asyncDispose]();
    },
  };
}

Deno.test("a peer that is pushed to gets the answer, and its own reply is not dispatched", async () => {
  await using t = await withPushPeer(() =>
    Response.json({
      jsonrpc: "2.0",
      id: "1",
      result: { kind: "message", parts: [{ kind: "text", text: "thanks" }] },
    })
  );
  await t.connect();
  await t.ask("ping");
  await t.bench.until(() => t.bench.count("delivered") === 1);
  assertEquals(t.peer.bodies.length, 1);
  assertEquals(t.bench.count("message"), 1);
});

for (const status of [500, 502, 504, 524]) {
  Deno.test(`a pushed peer answers ${status}: the outcome is unknown, and the answer is not repeated`, async () => {
    await using t = await withPushPeer(() => new Response("oops", { status }));
    const connection = await t.connect();
    await t.ask("ping");
    await t.ask("ping again");
    await t.bench.until(() => t.bench.count("delivered") === 2);
    await connection.close();
    assertEquals(t.peer.bodies.length, 2);
    const [first] = t.bench.events.filter((event) =>
      event.type === "delivered"
    );
    assertEquals(first?.type === "delivered" && first.certain, false);
  });
}

for (const status of [400, 409, 410, 302]) {
  Deno.test(`a pushed peer answers ${status}: a dead letter, and the connection goes on`, async () => {
    await using t = await withPushPeer(() =>
      new Response("{}", {
        status,
        headers: status === 302 ? { location: "http://127.0.0.1:9/" } : {},
      })
    );
    const connection = await t.connect();
    await t.ask("ping");
    await t.bench.until(() => t.bench.count("dead_letter") === 1);
    assertEquals(connection.status.state, "connected");
    assertEquals(t.peer.bodies.length, 1);
    await t.bench.sandbox.sendAsHuman(t.agent.id, "still there?");
    await t.bench.until(() => t.bench.count("delivered") === 1);
  });
}

for (const status of [401, 429]) {
  Deno.test(`a pushed peer answers ${status} for ever: five tries, then a dead letter; the connection is untouched`, async () => {
    await using t = await withPushPeer(() => new Response("{}", { status }));
    const connection = await t.connect();
    await t.ask("ping");
    await t.bench.until(() => t.bench.count("dead_letter") === 1);
    assertEquals(t.peer.bodies.length, 5);
    assertEquals(connection.status.poll.failures, 0);
    assertEquals(connection.status.heartbeat.running, true);
  });
}

Deno.test("a poll-mode peer: an answer of unknown outcome is sent again under the same id, and arrives once", async () => {
  await using bench = await Bench.start();
  await bench.connect(recorder());
  bench.sandbox.fault("a2a", faults.cut({ accept: true }), {
    times: 2,
    when: (request) => request.path.includes(bench.peer.id),
  });
  await bench.ping("ping");
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bench.toPeer, ["re: ping"]);
  const posts = bench.sandbox.requestsTo("a2a").filter((request) =>
    request.path.includes(bench.peer.id)
  );
  assertEquals(posts.length, 3);
  assertEquals(
    new Set(posts.map((post) => post.json.params.message.messageId)).size,
    1,
  );
});

Deno.test("a person: a bubble whose answer was cut is not shown twice", async () => {
  await using bench = await Bench.start();
  await bench.connect(recorder());
  bench.sandbox.fault("notify", faults.cut({ accept: true }));
  await bench.sandbox.sendAsHuman(bench.agent.id, "hello");
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bench.sandbox.notifies(bench.agent.id), ["re: hello"]);
});

Deno.test("a person: a bubble that was not shown is shown at last", async () => {
  await using bench = await Bench.start();
  await bench.connect(recorder());
  bench.sandbox.fault("notify", faults.status(500), { times: 2 });
  await bench.sandbox.sendAsHuman(bench.agent.id, "hello");
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bench.sandbox.notifies(bench.agent.id), ["re: hello"]);
});

for (
  const [what, fault] of [
    ["was cut after it was shown", faults.cut({ accept: true })],
    ["was refused before it was shown", faults.status(502)],
  ] as const
) {
  Deno.test(`a person: the same answer to two questions is shown twice, where one of them ${what}`, async () => {
    await using bench = await Bench.start();
    // The platform's clock is known to the second.
    await bench.connect(recorder(), {}, { echoAfterMs: 3_000 });
    await bench.sandbox.sendAsHuman(bench.agent.id, "hello");
    await bench.until(() => bench.count("delivered") === 1);
    bench.sandbox.fault("notify", fault);
    await bench.sandbox.sendAsHuman(bench.agent.id, "hello");
    await bench.until(() => bench.count("delivered") === 2);
    const shown = bench.sandbox.notifies(bench.agent.id);
    assertEquals(shown, ["re: hello", "re: hello"]);
  });
}

Deno.test("a person: the same answer right after a restart, never shown the second time: the first one's echo is not taken for it", async () => {
  await using bench = await Bench.start();
  // The platform's clock is known to the second; the first echo is too young to be settled.
  const timing = { echoAfterMs: 3_000, nearAgeMs: 5_000 };
  const first = await bench.connect(recorder(), {}, timing);
  await bench.sandbox.sendAsHuman(bench.agent.id, "hello");
  await bench.until(() => bench.count("delivered") === 1);
  await first.close();
  // Lives that do nothing in between must not forget it either.
  await (await bench.connect(recorder(), {}, timing)).close();
  bench.sandbox.fault("notify", faults.status(502));
  await bench.connect(recorder(), {}, timing);
  await bench.sandbox.sendAsHuman(bench.agent.id, "hello");
  await bench.until(() => bench.count("delivered") === 2);
  const shown = bench.sandbox.notifies(bench.agent.id);
  assertEquals(shown, ["re: hello", "re: hello"]);
});

Deno.test("a person: the feed fails while a bubble is looked for; it is shown once all the same", async () => {
  await using bench = await Bench.start();
  const connection = await bench.connect(recorder());
  bench.sandbox.fault("notify", faults.status(500));
  bench.sandbox.fault("activity", faults.status(503), {
    times: 20,
    when: () => bench.sandbox.requestsTo("notify").length > 0,
  });
  await bench.sandbox.sendAsHuman(bench.agent.id, "hello");
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(connection.status.state, "connected");
  assertEquals(bench.sandbox.notifies(bench.agent.id), ["re: hello"]);
});

Deno.test("notify is refused for good: a dead letter, and the next message is handled", async () => {
  await using bench = await Bench.start();
  bench.sandbox.mute(bench.agent.id);
  const connection = await bench.connect(recorder());
  await bench.sandbox.sendAsHuman(bench.agent.id, "hello");
  await bench.until(() => bench.count("dead_letter") === 1);
  await bench.ping("ping");
  await bench.until(() => bench.count("delivered") === 1);
  await connection.close();
  assertEquals((await loadState(bench.stateDir, bench.agent.id)).outbox, []);
});

Deno.test("an answer that waits holds back later ones to that peer, and nothing else", async () => {
  await using bench = await Bench.start();
  await bench.connect(recorder());
  const toPeer = (request: { path: string }) =>
    request.path.includes(bench.peer.id);
  using broken = bench.sandbox.fault("a2a", unreachable, {
    times: Infinity,
    when: toPeer,
  });
  await bench.ping("one");
  await bench.ping("two");
  await bench.sandbox.sendAsHuman(bench.agent.id, "hello");
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bench.sandbox.notifies(bench.agent.id), ["re: hello"]);
  broken.remove();
  await bench.until(() => bench.count("delivered") === 3);
  assertEquals(bench.toPeer, ["re: one", "re: two"]);
});

Deno.test("a saved answer is sent at the next start, and the back end is not asked again", async () => {
  await using bench = await Bench.start();
  const backend = recorder();
  const toPeer = (request: { path: string }) =>
    request.path.includes(bench.peer.id);
  const broken = bench.sandbox.fault("a2a", unreachable, {
    times: Infinity,
    when: toPeer,
  });
  const connection = await bench.connect(backend);
  await bench.ping("x".repeat(10_000));
  await bench.until(() => bench.count("answered") === 1);
  await connection.close();
  assertEquals(
    (await loadState(bench.stateDir, bench.agent.id)).outbox?.length,
    1,
  );
  broken.remove();
  await bench.connect(backend);
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(backend.asked.length, 1);
  assertEquals(bench.toPeer, [`re: ${"x".repeat(10_000)}`]);
});

Deno.test("a peer that polled and is pushed to by now: an answer of unknown outcome is not repeated", async () => {
  await using bench = await Bench.start();
  await bench.connect(recorder());
  await bench.ping("one");
  await bench.until(() => bench.count("delivered") === 1);
  const toPeer = (request: { path: string }) =>
    request.path === `/workspaces/${bench.peer.id}/a2a`;
  // What a push agent answers, then what an edge says of a turn that takes too long.
  bench.sandbox.fault("a2a", faults.status(200, { body: { result: {} } }), {
    when: toPeer,
  });
  await bench.ping("two");
  await bench.until(() => bench.count("delivered") === 2);
  bench.sandbox.fault("a2a", faults.status(524), {
    times: Infinity,
    when: toPeer,
  });
  const { id } = bench.peer;
  bench.sandbox.fault(
    "workspace",
    faults.status(200, { body: { id, url: "https://peer.example/a2a" } }),
    { times: Infinity, when: (request) => request.path.endsWith(id) },
  );
  await bench.ping("three");
  await bench.until(() => bench.count("delivered") === 3);
  assertEquals(bench.sandbox.requestsTo("a2a").filter(toPeer).length, 3);
});

Deno.test("a busy answer for a peer that polls is the platform's own: it buries nothing, however often it comes", async () => {
  await using bench = await Bench.start();
  await bench.connect(recorder());
  const busy = bench.sandbox.fault("a2a", faults.status(503), {
    times: Infinity,
    when: (request) => request.path.includes(bench.peer.id),
  });
  await bench.ping("ping");
  await bench.sandbox.waitFor(() => busy.hits >= 8);
  busy.remove();
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bench.count("dead_letter"), 0);
});

Deno.test("a stop does not wait for a search in the feed", async () => {
  await using bench = await Bench.start();
  const connection = await bench.connect(recorder());
  bench.sandbox.fault("notify", faults.status(500));
  await bench.sandbox.sendAsHuman(bench.agent.id, "hello");
  await bench.sandbox.waitFor(() =>
    bench.sandbox.requestsTo("notify").length > 0
  );
  const hang = bench.sandbox.fault("activity", faults.hang(), {
    times: Infinity,
  });
  await bench.sandbox.waitFor(() => hang.hits > 0);
  await connection.close({ graceMs: 0 });
  assertEquals(await connection.closed, undefined);
});

Deno.test("a stop while a busy peer is looked up gives nothing up, and is a clean one", async () => {
  await using bench = await Bench.start();
  const busy = bench.sandbox.fault("a2a", faults.status(503), {
    times: Infinity,
    when: (request) => request.path.includes(bench.peer.id),
  });
  const lookUps = bench.sandbox.fault("workspace", faults.hang(), {
    times: Infinity,
    when: (request) => request.path.endsWith(bench.peer.id),
  });
  const connection = await bench.connect(recorder());
  await bench.ping("ping");
  await bench.sandbox.waitFor(() => lookUps.hits > 0);
  await connection.close();
  assertEquals(await connection.closed, undefined);
  assertEquals(bench.count("dead_letter"), 0);
  const state = await loadState(bench.stateDir, bench.agent.id);
  assertEquals(state.outbox?.length, 1);
  busy.remove();
});

for (const status of [403, 502]) {
  Deno.test(`a peer: an error ${status} that is no text ends nothing`, async () => {
    await using bench = await Bench.start();
    bench.sandbox.fault(
      "a2a",
      faults.status(status, { body: { error: { toString: 1 } } }),
      { times: 1 },
    );
    const connection = await bench.connect(recorder());
    const over = () => bench.count("delivered") + bench.count("dead_letter");
    await bench.ping("one");
    await bench.until(() => over() === 1);
    await bench.ping("two");
    await bench.until(() => over() === 2);
    assertEquals(bench.toPeer.at(-1), "re: two");
    assertEquals(connection.status.state, "connected");
  });
}
