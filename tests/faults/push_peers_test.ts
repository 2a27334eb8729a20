/** A peer that is pushed to chooses its answers' status, headers and text. None of it says anything about us. */
import { assertEquals } from "@std/assert";
import { Bench, recorder } from "../harness.ts";
import { runAtOnce } from "./at_once.ts";
import { PUSH_PEERS, type PushPeer } from "./push_peers.ts";
import { REQUEST_TIMEOUT_MS } from "./wire_faults.ts";

/** A peer's server; `calls()` says how often it was called. */
function serve(peer: PushPeer) {
  const down = new AbortController();
  let calls = 0;
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    signal: down.signal,
    onListen: () => {},
    onError: () => new Response(null, { status: 500 }), // a body that breaks off on purpose
  }, () => {
    calls++;
    return peer.answer();
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/a2a`,
    calls: () => calls,
    [Symbol.asyncDispose]: async () => {
      down.abort(); // open calls too
      await server.finished;
    },
  };
}

async function tryPeer(peer: PushPeer): Promise<void> {
  await using server = serve(peer);
  await using bench = await Bench.start();
  const { sandbox } = bench;
  const pushed = sandbox.createWorkspace({
    name: "pushed",
    parentId: bench.rootId,
    deliveryMode: "push",
    url: server.url,
  });
  const connection = await bench.connect(recorder(), {
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
  });
  await sandbox.sendAsPeer(pushed.id, bench.agent.id, "ping");
  const ended = () =>
    bench.events.filter((event) =>
      (event.type === "delivered" || event.type === "dead_letter") &&
      event.callerId === pushed.id
    );
  await sandbox.waitFor(() => sandbox.requestsTo("a2a").length > 0);
  // Everybody else is answered, whether or not this peer still makes trouble.
  await bench.ping("hello");
  await sandbox.sendAsHuman(bench.agent.id, "hello");
  await sandbox.waitFor(() => bench.toPeer.length === 1);
  await sandbox.waitFor(() => sandbox.notifies(bench.agent.id).length === 1);
  await bench.until(() => ended().length === 1);
  const [end] = ended();
  assertEquals({
    calls: server.calls(),
    end: end?.type === "delivered" && !end.certain ? "unknown" : end?.type,
    poll: connection.status.poll.failures,
    beats: connection.status.heartbeat.running,
    registered: sandbox.requestsTo("register").length,
    told: ["poll_failed", "heartbeat_stopped", "cursor_reset"].filter((type) =>
      bench.events.some((event) => event.type === type)
    ),
  }, {
    calls: peer.calls,
    end: peer.end,
    poll: 0,
    beats: true,
    registered: 1,
    told: [],
  });
  await connection.close();
  assertEquals(await connection.closed, undefined);
}

Deno.test("push peers: whatever one answers, the connection is as well as before", () =>
  runAtOnce(PUSH_PEERS.map((peer) => [peer.name, () => tryPeer(peer)])));
