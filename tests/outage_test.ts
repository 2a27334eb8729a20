/** The platform is down, slow, or has had enough: who asks meanwhile, and what is there when it is back. */
import { assert, assertEquals } from "@std/assert";
import { ConnectError, loadState } from "../mod.ts";
import {
  HttpSender,
  NoAnswerError,
  type RequestSpec,
  type Sender,
} from "../src/platform/request.ts";
import { faults } from "../src/testing/mod.ts";
import { Bench, recorder } from "./harness.ts";

/** A sender that does with some requests what a test says, and the usual with all others. */
function senderWith(
  special: (spec: RequestSpec) => ReturnType<Sender["send"]> | undefined,
): Sender & { renewed: number } {
  const inner = new HttpSender();
  return {
    renewed: 0,
    send: (spec) => special(spec) ?? inner.send(spec),
    renew() {
      this.renewed++;
      inner.renew();
    },
    [Symbol.dispose]: () => inner[Symbol.dispose](),
  };
}

const isRead = (spec: RequestSpec) => spec.path.endsWith("/activity");

Deno.test("while the platform is down one request at a time probes; afterwards everything is delivered", async () => {
  await using bench = await Bench.start();
  let down = false;
  let atOnce = 0;
  let most = 0;
  let probes = 0;
  const sender = senderWith((spec) => {
    if (!down) return undefined;
    probes++;
    most = Math.max(most, ++atOnce);
    return new Promise((_, reject) =>
      queueMicrotask(() => {
        atOnce--;
        reject(new NoAnswerError(spec.path, "connection refused", false));
      })
    );
  });
  const held = Promise.withResolvers<void>();
  const backend = recorder(() => held.promise);
  const connection = await bench.connect(
    backend,
    { concurrency: 4 },
    { backoffBaseMs: 20, backoffCapMs: 40 },
    sender,
  );
  for (let i = 0; i < 4; i++) await bench.ping(`m${i}`, { contextId: `c${i}` });
  await bench.until(() => bench.count("turn_started") === 4);
  down = true;
  held.resolve(); // four answers meet a platform that is not there, beside reads and beats
  await bench.until(() => bench.count("answered") === 4);
  await bench.ping("late");
  const before = probes;
  await bench.sandbox.waitFor(() => true); // nothing of the outage depends on the sandbox
  const seen = Promise.withResolvers<void>();
  const timer = setInterval(() => probes > before + 10 && seen.resolve(), 1);
  await seen.promise;
  clearInterval(timer);
  assertEquals(connection.status.state, "connected");
  down = false;
  await bench.until(() => bench.count("delivered") === 5);
  assertEquals(bench.toPeer.toSorted(), [
    "re: late",
    "re: m0",
    "re: m1",
    "re: m2",
    "re: m3",
  ]);
  // What was under way when it began may fail beside the first probe.
  assert(most <= 6, `${most} at once`);
});

Deno.test("a stop does not wait for a platform that is down", async () => {
  await using bench = await Bench.start();
  let down = false;
  const sender = senderWith((spec) =>
    down
      ? Promise.reject(new NoAnswerError(spec.path, "refused", false))
      : undefined
  );
  const connection = await bench.connect(recorder(), {}, {
    backoffBaseMs: 3_600_000,
    backoffCapMs: 3_600_000,
  }, sender);
  await bench.until(() => bench.count("heartbeat") > 0);
  down = true;
  await bench.until(() => bench.count("poll_failed") === 1);
  await connection.close();
  assertEquals(await connection.closed, undefined);
});

Deno.test("a read that never ends, and does not obey: new connections, and reading goes on", async () => {
  await using bench = await Bench.start();
  let hangs = false;
  const stuck = Promise.withResolvers<never>();
  const sender = senderWith((spec) => {
    if (!hangs || !isRead(spec)) return undefined;
    hangs = false;
    return stuck.promise;
  });
  await bench.connect(
    recorder(),
    { requestTimeoutMs: 50 },
    { superviseEveryMs: 5, stuckAfterMs: 100 },
    sender,
  );
  await bench.ping("before");
  await bench.until(() => bench.count("delivered") === 1);
  hangs = true;
  await bench.until(() => !hangs);
  await bench.ping("after");
  await bench.until(() => bench.count("delivered") === 2);
  assertEquals(sender.renewed, 1);
  stuck.promise.catch(() => {});
  stuck.reject(new Error("after all")); // the read that was given up ends when nobody cares any more
  await bench.ping("and on");
  await bench.until(() => bench.count("delivered") === 3);
  assertEquals(bench.toPeer, ["re: before", "re: after", "re: and on"]);
});

Deno.test("reading that gets stuck again and again ends the connection with a code of its own", async () => {
  await using bench = await Bench.start();
  let hangs = false;
  const sender = senderWith((spec) =>
    hangs && isRead(spec) ? new Promise(() => {}) : undefined
  );
  const connection = await bench.connect(
    recorder(),
    { requestTimeoutMs: 10, graceMs: 50 },
    { superviseEveryMs: 5, stuckAfterMs: 30, abandonAfterMs: 10 },
    sender,
  );
  hangs = true;
  const end = await connection.closed;
  assertEquals(end instanceof ConnectError && end.code, "STUCK");
  assert(sender.renewed >= 3); // beating may have got stuck too
});

Deno.test("a platform that is down for long is no stuck loop", async () => {
  await using bench = await Bench.start();
  let down = false;
  let probes = 0;
  const sender = senderWith((spec) => {
    if (!down) return undefined;
    probes++;
    return Promise.reject(new NoAnswerError(spec.path, "refused", false));
  });
  const connection = await bench.connect(
    recorder(),
    { requestTimeoutMs: 10 },
    {
      superviseEveryMs: 5,
      stuckAfterMs: 200,
      backoffBaseMs: 10,
      backoffCapMs: 50,
    },
    sender,
  );
  await bench.until(() => bench.count("heartbeat") > 0);
  down = true;
  const long = Promise.withResolvers<void>();
  const timer = setInterval(() => probes > 40 && long.resolve(), 1);
  await long.promise;
  clearInterval(timer);
  assertEquals(connection.status.state, "connected");
  assertEquals(sender.renewed, 0);
  down = false;
  await bench.ping("ping");
  await bench.until(() => bench.count("delivered") === 1);
});

Deno.test("after the machine slept it reads and beats at once", async () => {
  const real = Date.now;
  await using bench = await Bench.start({ now: () => real() });
  await bench.connect(recorder(), {
    pollIntervalMs: 3_600_000,
    heartbeatIntervalMs: 3_600_000,
  }, {
    ...{ superviseEveryMs: 5, sleptMs: 1_000, nearEveryMs: 3_600_000 },
    beatGapMs: 3_600_000, // the message is no reason for a beat
  });
  await bench.until(() => bench.count("heartbeat") === 1);
  await bench.sandbox.waitFor(() =>
    bench.sandbox.requestsTo("activity").length > 0
  );
  await bench.ping("while it slept");
  Date.now = () => real() + 3_600_000;
  try {
    await bench.until(() => bench.count("delivered") === 1);
    await bench.until(() => bench.count("heartbeat") === 2);
  } finally {
    Date.now = real;
  }
});

Deno.test("many connectors with one bucket: all are served, and beats are not starved", async () => {
  const org = "0d3f6c1e-8a37-4d19-9c42-7e1d3a60b8f4";
  await using bench = await Bench.start({
    rateLimit: { limit: 150, windowSecs: 4 },
  });
  const { sandbox } = bench;
  const root = sandbox.createWorkspace({ name: "root of many" });
  const asker = sandbox.createWorkspace({ name: "asker", parentId: root.id });
  const many = Array.from(
    { length: 12 },
    (_, i) =>
      sandbox.createWorkspace({ name: `agent ${i}`, parentId: root.id }),
  );
  const dirs = await Promise.all(many.map(() => Deno.makeTempDir()));
  const beats = many.map(() => 0);
  const connections = [];
  for (const [i, { id, token }] of many.entries()) {
    connections.push(
      await bench.connect(recorder(), {
        workspaceId: id,
        token,
        orgId: org,
        stateDir: dirs[i]!,
        pollIntervalMs: 100,
        heartbeatIntervalMs: 1_000,
        onEvent: (event) => event.type === "heartbeat" && beats[i]!++,
      }, { lookUpEveryMs: 60_000 }),
    );
  }
  for (let n = 0; n < 3; n++) {
    for (const { id } of many) {
      await sandbox.sendAsPeer(asker.id, id, `m${n}`, { contextId: id });
    }
  }
  await sandbox.waitFor(() =>
    sandbox.messagesTo(asker.id).length === many.length * 3
  );
  await sandbox.waitFor(() => beats.every((count) => count >= 3));
  const refused = sandbox.requests.filter((request) => request.status === 429);
  assert(
    refused.length < sandbox.requests.length / 5,
    `${refused.length} of ${sandbox.requests.length} were refused`,
  );
  for (const connection of connections) await connection.close();
  for (const dir of dirs) await Deno.remove(dir, { recursive: true });
});

for (const endpoint of ["heartbeat", "notify"] as const) {
  for (const body of [{ error: "not now" }, ""]) {
    Deno.test(`${endpoint} alone says 503 ${JSON.stringify(body)} and asks for an hour: the feed is read, and peers are answered`, async () => {
      await using bench = await Bench.start();
      const fault = faults.status(503, {
        body,
        headers: { "retry-after": "3600" },
      });
      using _ = bench.sandbox.fault(endpoint, fault, { times: Infinity });
      await bench.connect(recorder());
      await bench.sandbox.sendAsHuman(bench.agent.id, "hello");
      for (let i = 0; i < 20; i++) await bench.ping(`m${i}`);
      await bench.sandbox.waitFor(() => bench.toPeer.length === 20);
    });
  }
}

Deno.test("a bubble of unknown outcome is not looked for, and not shown again, before the time that was asked for", async () => {
  await using bench = await Bench.start();
  const fault = faults.status(500, { headers: { "retry-after": "3600" } });
  using _ = bench.sandbox.fault("notify", fault, { times: Infinity });
  await bench.connect(recorder());
  await bench.sandbox.sendAsHuman(bench.agent.id, "hello");
  await bench.sandbox.waitFor(() =>
    bench.sandbox.requestsTo("notify").length === 1
  );
  const beats = bench.count("heartbeat");
  await bench.until(() => bench.count("heartbeat") > beats + 10);
  assertEquals(bench.sandbox.requestsTo("notify").length, 1);
});

Deno.test("an answer that still waits for the platform is known not to have arrived", async () => {
  await using bench = await Bench.start();
  let down = false;
  const sender = senderWith((spec) =>
    down
      ? Promise.reject(new NoAnswerError(spec.path, "refused", false))
      : undefined
  );
  const held = Promise.withResolvers<void>();
  await bench.connect(
    recorder(() => held.promise),
    {},
    { backoffBaseMs: 3_600_000, backoffCapMs: 3_600_000 },
    sender,
  );
  await bench.ping("ping");
  await bench.until(() => bench.count("turn_started") === 1);
  down = true;
  await bench.until(() => bench.count("poll_failed") === 1);
  held.resolve();
  await bench.until(() => bench.count("answered") === 1);
  // As a crash would find it: a peer that is pushed to gets it at the next start.
  const { outbox } = await loadState(bench.stateDir, bench.agent.id);
  assertEquals(outbox?.map(({ unsure }) => unsure), [undefined]);
});
