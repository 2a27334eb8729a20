/** What a person's chat is told, in which order, by the program as it is: beat, receipt, answer, and a beat that ends it. */
import { assert, assertEquals } from "@std/assert";
import { createBackend, textReply } from "../mod.ts";
import { faults } from "../src/testing/mod.ts";
import { Bench, recorder } from "./harness.ts";

/** What the platform was told about its people, in the order of its coming. */
function told({ sandbox }: Bench): string[] {
  let task: unknown = undefined;
  return sandbox.requests.flatMap(({ endpoint, json }) => {
    if (endpoint === "heartbeat") {
      const changed = json.current_task !== task;
      task = json.current_task;
      return changed ? [`beat "${task}"`] : [];
    }
    if (endpoint === "log") {
      const { activity_type, summary } = json;
      return [`${activity_type} "${summary}"`];
    }
    return endpoint === "notify" ? [`notify "${json.message}"`] : [];
  });
}

const count = (bench: Bench, line: string) =>
  told(bench).filter((one) => one === line).length;
const RECEIPT = 'a2a_receive "picked up"';
const BUSY = 'beat "Answering a person"';

for (const [speed, ms] of [["fast", 0], ["slow", 300]] as const) {
  Deno.test(`presence: for a ${speed} turn there is a beat, a receipt, the answer and a beat that ends it`, async () => {
    await using bench = await Bench.start();
    const { sandbox, agent } = bench;
    const go = Promise.withResolvers<void>();
    await bench.connect(recorder(() => ms === 0 ? undefined : go.promise), {
      heartbeatIntervalMs: 3_600_000,
    });
    await bench.until(() => bench.count("heartbeat") === 1);
    await sandbox.sendAsHuman(agent.id, "hello");
    if (ms > 0) {
      await sandbox.waitFor(() => count(bench, RECEIPT) === 1);
      assertEquals(told(bench), ['beat ""', BUSY, RECEIPT]);
    }
    go.resolve();
    await sandbox.waitFor(() => count(bench, 'beat ""') === 2);
    const lines = told(bench).filter((line) => !line.includes("Sending"));
    assertEquals(lines, [
      'beat ""',
      BUSY,
      RECEIPT,
      'notify "re: hello"',
      'beat ""',
    ]);
    assertEquals(sandbox.heartbeats(agent.id).at(-1)?.active_tasks, 0);
  });
}

Deno.test("presence: a second question gets its receipt while the first one's turn runs, and the box closes after both answers", async () => {
  await using bench = await Bench.start();
  const { sandbox, agent } = bench;
  const go = Promise.withResolvers<void>();
  await bench.connect(recorder(() => go.promise), {
    heartbeatIntervalMs: 3_600_000,
  });
  await sandbox.sendAsHuman(agent.id, "one");
  await sandbox.waitFor(() => count(bench, RECEIPT) === 1);
  await sandbox.sendAsHuman(agent.id, "two");
  await sandbox.waitFor(() => count(bench, RECEIPT) === 2);
  go.resolve();
  await sandbox.waitFor(() => told(bench).at(-1) === 'beat ""');
  const lines = told(bench);
  const closed = lines.lastIndexOf('beat ""');
  assertEquals(lines.indexOf('beat ""', lines.indexOf(BUSY)), closed);
  assertEquals(
    lines.slice(0, closed).filter((line) => line.startsWith("notify")),
    ['notify "re: one"', 'notify "re: two"'],
  );
});

Deno.test("presence: no receipt for a peer, a channel, or where they are off", async () => {
  await using bench = await Bench.start();
  const { sandbox, agent } = bench;
  const connection = await bench.connect(recorder());
  await bench.ping("from a peer");
  await sandbox.sendAsChannel(agent.id, "from outside", { channelId: "c-1" });
  await bench.until(() => bench.count("answered") === 2);
  await connection.close();
  await bench.connect(recorder(), { receipts: false });
  await sandbox.sendAsHuman(agent.id, "hello");
  await bench.until(() => bench.count("delivered") >= 2);
  await sandbox.waitFor(() => sandbox.notifies(agent.id).length === 1);
  assertEquals(sandbox.requestsTo("log").length, 0);
});

Deno.test("presence: a receipt that is refused changes nothing, and is not repeated", async () => {
  await using bench = await Bench.start();
  const { sandbox, agent } = bench;
  sandbox.fault("log", faults.status(500), { times: Infinity });
  await bench.connect(recorder());
  await sandbox.sendAsHuman(agent.id, "hello");
  await bench.until(() => bench.count("delivered") === 1);
  await sandbox.sendAsHuman(agent.id, "again");
  await bench.until(() => bench.count("delivered") === 2);
  assertEquals(sandbox.notifies(agent.id), ["re: hello", "re: again"]);
  assertEquals(sandbox.requestsTo("log").length, 2);
});

Deno.test("presence: heartbeats that fail hold back no answer", async () => {
  await using bench = await Bench.start();
  const { sandbox, agent } = bench;
  sandbox.fault("heartbeat", faults.status(500), { times: Infinity });
  await bench.connect(recorder(), {}, { receiptWaitMs: 3_600_000 });
  await sandbox.waitFor(() => sandbox.requestsTo("heartbeat").length > 0);
  await sandbox.sendAsHuman(agent.id, "hello");
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(sandbox.requestsTo("log").length, 0);
});

Deno.test("presence: the first beat comes before the first read, and after a restart it names the turn that was interrupted", async () => {
  await using bench = await Bench.start();
  const { sandbox, agent } = bench;
  const first = await bench.connect({
    name: "never",
    handle: (_, { signal }) =>
      new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason))
      ),
  });
  await sandbox.sendAsHuman(agent.id, "hello");
  await bench.until(() => bench.count("turn_started") === 1);
  await first.close({ graceMs: 0 });
  const { length } = sandbox.requests;
  const receipts = count(bench, RECEIPT);
  await bench.connect(recorder());
  await bench.until(() => bench.count("delivered") === 1);
  const after = sandbox.requests.slice(length)
    .filter(({ endpoint }) => endpoint !== "workspace");
  assertEquals(after.slice(0, 2).map(({ endpoint }) => endpoint), [
    "register",
    "heartbeat",
  ]);
  const { current_task, active_tasks } = after[1]!.json;
  assertEquals([current_task, active_tasks], ["Answering a person", 1]);
  assertEquals(count(bench, RECEIPT), receipts);
  await sandbox.waitFor(() => told(bench).at(-1) === 'beat ""');
});

Deno.test("presence: the lines of a command's progress are shown to the person who waits, and are its current task", async () => {
  await using bench = await Bench.start();
  const { sandbox, agent } = bench;
  await bench.connect(createBackend("exec", {
    cmd:
      'printf "Reading \\033[31mthings\\033[0m\\n" >> "$MOLECULE_PROGRESS"; ' +
      "read word; while [ ! -e go ]; do sleep 0.05; done; echo done",
    public_progress: "true",
    cwd: bench.stateDir,
  }));
  await sandbox.sendAsHuman(agent.id, "hello\n");
  await sandbox.waitFor(() =>
    told(bench).includes('task_update "Reading things"') &&
    told(bench).includes('beat "Reading things"')
  );
  await Deno.writeTextFile(`${bench.stateDir}/go`, "");
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(sandbox.notifies(agent.id), ["done"]);
});

Deno.test("presence: a stalled turn answers the platform's probe with a sign of life", async () => {
  await using bench = await Bench.start();
  const { sandbox, agent } = bench;
  const go = Promise.withResolvers<void>();
  await bench.connect(
    {
      name: "long",
      handle: async () => {
        await go.promise;
        return textReply("done");
      },
    },
    {},
    { longTurnMs: 60_000 },
  );
  await bench.ping("work");
  await bench.until(() => bench.count("turn_started") === 1);
  sandbox.insertRow(agent.id, {
    method: "message/send",
    source_id: null,
    request_body: {
      params: {
        metadata: { source_type: "self-stall" },
        message: { parts: [{ kind: "text", text: "alive?" }] },
      },
    },
  });
  await sandbox.waitFor(() => count(bench, 'agent_log "Still working"') === 1);
  go.resolve();
  await bench.until(() => bench.count("delivered") === 1);
  assert(!told(bench).some((line) => line.includes("alive?")));
});
