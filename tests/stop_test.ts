/** Stop: what a person, or a peer of one message of its own, sees of it, and what is left of the turns that it ends. */
import { assert, assertEquals } from "@std/assert";
import { type Backend, createBackend, loadState, textReply } from "../mod.ts";
import { STOPPED_REPLY } from "../src/delivery/stops.ts";
import { TurnStopped } from "../src/delivery/turn.ts";
import { processFacts } from "../src/os/process_facts.ts";
import { isWindows } from "../src/os/platform.ts";
import { Bench, recorder } from "./harness.ts";
import { Program } from "./program.ts";

const posix = { ignore: isWindows };

/** A back end whose turns end at their signal, and else not before `release()`. */
function patient(): ReturnType<typeof recorder> & { release(): void } {
  const released = Promise.withResolvers<void>();
  const backend = recorder(async (_message, signal) => {
    const aborted = Promise.withResolvers<never>();
    signal.addEventListener("abort", () => aborted.reject(signal.reason));
    await Promise.race([released.promise, aborted.promise]);
  });
  return Object.assign(backend, { release: () => released.resolve() });
}

const bubbles = (bench: Bench) => bench.sandbox.notifies(bench.agent.id);
const press = (bench: Bench) => bench.sandbox.stop(bench.agent.id);
const say = (
  bench: Bench,
  text: string,
  options: Parameters<typeof bench.sandbox.sendAsHuman>[2] = {},
) => bench.sandbox.sendAsHuman(bench.agent.id, text, options);
const beats = (bench: Bench) => bench.sandbox.heartbeats(bench.agent.id);

/** Nothing more is said of what was stopped: another message is answered, and there is nothing besides. */
async function verifyOver(bench: Bench, before: readonly string[]) {
  await say(bench, "after it", { contextId: "another" });
  await bench.until(() => bubbles(bench).includes("re: after it"));
  assertEquals(bubbles(bench), [...before, "re: after it"]);
  assertEquals(bench.count("dead_letter"), 0);
  assertEquals(bench.count("turn_failed"), 0);
}

Deno.test("Stop ends the running turn of a person and those that wait, and says so once", async () => {
  await using bench = await Bench.start();
  const backend = patient();
  const connection = await bench.connect(backend);
  await say(bench, "one");
  await bench.until(() => backend.asked.length === 1);
  for (const text of ["two", "three", "four"]) await say(bench, text);
  await bench.until(() => bench.count("message") === 4);
  const row = await press(bench);
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bubbles(bench), [STOPPED_REPLY]);
  assertEquals(bench.events.filter(({ type }) => type === "stopped"), [
    { type: "stopped", activityId: row, turns: 4 },
  ]);
  assertEquals(connection.status.counters.stopped, 4);
  await bench.until(() => beats(bench).at(-1)?.current_task === "");
  assertEquals(beats(bench).at(-1)?.active_tasks, 0);
  assertEquals(beats(bench).at(-1)?.error_rate, 0);
  backend.release();
  await verifyOver(bench, [STOPPED_REPLY]);
  assertEquals(backend.asked, ["one", "after it"]);
  await connection.close();
  const state = await loadState(bench.stateDir, bench.agent.id);
  assertEquals(state.attempts, {});
  assertEquals([state.stop?.row, state.stop?.told], [row, true]);
});

Deno.test("a Stop that comes twice at once is said once", async () => {
  await using bench = await Bench.start();
  const backend = patient();
  await bench.connect(backend);
  await say(bench, "one");
  await bench.until(() => backend.asked.length === 1);
  await Promise.all([press(bench), press(bench)]);
  await bench.until(() => bench.count("stopped") === 2);
  backend.release();
  await verifyOver(bench, [STOPPED_REPLY]);
});

Deno.test("a Stop that finds nothing to end says nothing", async () => {
  await using bench = await Bench.start();
  const backend = recorder();
  await bench.connect(backend);
  await press(bench);
  await bench.until(() => bench.count("stopped") === 1);
  await verifyOver(bench, []);
});

Deno.test("what a person wrote before a Stop of the same page never begins", async () => {
  await using bench = await Bench.start();
  await say(bench, "one");
  await say(bench, "two");
  await press(bench);
  const backend = recorder();
  await bench.connect(backend);
  await bench.until(() => bubbles(bench).length === 1);
  await verifyOver(bench, [STOPPED_REPLY]);
  assertEquals(backend.asked, ["after it"]);
  assertEquals(bench.count("turn_stopped"), 2);
});

Deno.test("a message that shows up late, and was written before a Stop that said nothing, is over with its word", async () => {
  await using bench = await Bench.start();
  const backend = recorder();
  const connection = await bench.connect(backend);
  const createdAt = bench.sandbox.time(100);
  await press(bench);
  await bench.until(() => bench.count("stopped") === 1);
  await say(bench, "late", { createdAt });
  await say(bench, "late as well", { createdAt });
  await bench.until(() => bench.count("turn_stopped") === 2);
  await bench.until(() => bubbles(bench).length === 1);
  await verifyOver(bench, [STOPPED_REPLY]);
  assertEquals(backend.asked, ["after it"]);
  await connection.close();
});

Deno.test("a Stop that shows up late spares what was written after it", async () => {
  await using bench = await Bench.start();
  const backend = patient();
  await bench.connect(backend);
  await say(bench, "after");
  await bench.until(() => backend.asked.length === 1);
  bench.sandbox.insertRow(bench.agent.id, {
    method: "tasks/cancel",
    created_at: bench.sandbox.time(200),
  });
  await bench.until(() => bench.count("stopped") === 1);
  backend.release();
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bubbles(bench), ["re: after"]);
});

Deno.test("a turn of a peer goes on at a person's Stop", async () => {
  await using bench = await Bench.start();
  const backend = patient();
  await bench.connect(backend, { concurrency: 2 });
  await bench.ping("from the peer");
  await say(bench, "from the person");
  await bench.until(() => backend.asked.length === 2);
  await press(bench);
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bubbles(bench), [STOPPED_REPLY]);
  backend.release();
  await bench.until(() => bench.count("delivered") === 2);
  assertEquals(bench.toPeer, ["re: from the peer"]);
});

Deno.test("what a back end gives after a Stop is dropped, also where it ignored its signal", async () => {
  await using bench = await Bench.start();
  const late = Promise.withResolvers<void>();
  let why: unknown;
  const backend: Backend = {
    name: "deaf",
    async handle(message, { signal }) {
      if (message.text !== "deaf") return textReply(`re: ${message.text}`);
      await late.promise;
      why = signal.reason;
      return textReply("half an answer");
    },
  };
  await bench.connect(backend);
  await say(bench, "deaf");
  await bench.until(() => bench.count("turn_started") === 1);
  await press(bench);
  await bench.until(() => bench.count("delivered") === 1);
  await say(bench, "of the same chat");
  // Its conversation goes on although nothing of it has ended.
  await bench.until(() => bench.count("delivered") === 2);
  late.resolve();
  await verifyOver(bench, [STOPPED_REPLY, "re: of the same chat"]);
  assert(why instanceof TurnStopped);
});

Deno.test("an answer that is saved is posted after a Stop", async () => {
  await using bench = await Bench.start();
  const backend = recorder();
  await bench.connect(backend);
  const held = Promise.withResolvers<void>();
  bench.sandbox.fault("notify", async ({ proceed }) => {
    await held.promise;
    return await proceed();
  });
  await say(bench, "one");
  await bench.until(() => bench.count("answered") === 1);
  await press(bench);
  await bench.until(() => bench.count("stopped") === 1);
  held.resolve();
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bubbles(bench), ["re: one"]);
  assertEquals(bench.count("turn_stopped"), 0);
});

Deno.test("a message that waits to be tried again is ended by Stop", async () => {
  await using bench = await Bench.start();
  const backend: Backend = {
    name: "broken",
    handle: ({ text }) => {
      if (text === "after it") return Promise.resolve(textReply(`re: ${text}`));
      return Promise.reject(new Error("it broke"));
    },
  };
  await bench.connect(backend, {}, {
    backoffBaseMs: 60_000,
    backoffCapMs: 60_000,
  });
  await say(bench, "one");
  await bench.until(() => bench.count("turn_failed") === 1);
  await press(bench);
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bubbles(bench), [STOPPED_REPLY]);
  assertEquals(bench.count("turn_stopped"), 1);
});

Deno.test("a new session that begins with a stopped message has begun", async () => {
  await using bench = await Bench.start();
  const sessions: string[] = [];
  const backend: Backend = {
    name: "sessions",
    handle: ({ text }, { session, signal }) => {
      sessions.push(session.id);
      if (text !== "first") return Promise.resolve(textReply(`re: ${text}`));
      return new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason))
      );
    },
  };
  await bench.connect(backend);
  const withHistory = (text: string, history: unknown[]) => {
    const parts = [{ kind: "text", text }];
    const message = { role: "user", messageId: crypto.randomUUID(), parts };
    bench.sandbox.insertRow(bench.agent.id, {
      method: "message/send",
      request_body: {
        jsonrpc: "2.0",
        method: "message/send",
        params: { message, metadata: { history } },
      },
    });
  };
  withHistory("first", [{}]);
  await bench.until(() => sessions.length === 1);
  withHistory("anew", []);
  await bench.until(() => bench.count("message") === 2);
  await press(bench);
  await bench.until(() => bench.count("turn_stopped") === 2);
  withHistory("then", [{}]);
  await bench.until(() => sessions.length === 2);
  assert(sessions[0] !== sessions[1], "the old session goes on");
});

for (const by of ["messageId", "taskId"] as const) {
  for (const state of ["runs", "waits"] as const) {
    Deno.test(`a peer takes back its own message that ${state}, by its ${by}`, async () => {
      await using bench = await Bench.start();
      const { sandbox, agent, rootId } = bench;
      const backend = patient();
      await bench.connect(backend, { concurrency: 3 });
      const other = sandbox.createWorkspace({
        name: "other",
        parentId: rootId,
      });
      const ids = { messageId: crypto.randomUUID(), taskId: "task-1" };
      const contextId = "talk";
      if (state === "waits") {
        await bench.ping("before it", { contextId });
        await bench.until(() => backend.asked.length === 1);
      }
      const sendRow = (source: string, text: string, ids: object) =>
        sandbox.insertRow(agent.id, {
          method: "message/send",
          source_id: source,
          request_body: {
            method: "message/send",
            params: { message: { parts: [{ kind: "text", text }], ...ids } },
          },
        });
      sendRow(bench.peer.id, "taken back", { contextId, ...ids });
      sendRow(other.id, "of another", ids);
      await bench.until(() => backend.asked.length === 2);
      await bench.until(() => bench.count("message") >= 2);
      await bench.ping("in between", { contextId: "elsewhere" });
      await bench.until(() => backend.asked.includes("in between"));
      sandbox.insertRow(agent.id, {
        method: "tasks/cancel",
        source_id: bench.peer.id,
        request_body: { method: "tasks/cancel", params: { id: ids[by] } },
      });
      await bench.until(() => bench.count("delivered") === 1);
      const [told] = sandbox.messagesTo(bench.peer.id);
      assertEquals(told?.text, STOPPED_REPLY);
      assertEquals(told?.contextId, contextId);
      assertEquals(told?.metadata.in_reply_to, ids.messageId);
      backend.release();
      const answers = state === "waits" ? 4 : 3;
      await bench.until(() => bench.count("delivered") === answers);
      assert(!bench.toPeer.includes("re: taken back"));
      assertEquals(sandbox.messagesTo(other.id).map(({ text }) => text), [
        "re: of another",
      ]);
    });
  }
}

Deno.test("what a peer wants to take back and is not there is no work", async () => {
  await using bench = await Bench.start();
  const backend = patient();
  await bench.connect(backend, { concurrency: 2 });
  await say(bench, "a person's", { messageId: "m-1" });
  await bench.until(() => backend.asked.length === 1);
  bench.sandbox.insertRow(bench.agent.id, {
    method: "tasks/cancel",
    source_id: bench.peer.id,
    request_body: { method: "tasks/cancel", params: { id: "m-1" } },
  });
  await bench.until(() => bench.count("skipped") === 1);
  backend.release();
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bubbles(bench), ["re: a person's"]);
});

/** A command of a shell that tells its pid and then runs `rest`. */
function shellThat(pidFile: string, rest: string): Backend {
  return createBackend("exec", {
    cmd: `echo $$ > '${pidFile}'; ${rest}`,
    timeout: "5m",
  });
}

function pidIn(file: string): number | undefined {
  try {
    const text = Deno.readTextFileSync(file);
    return text.endsWith("\n") ? Number(text) : undefined;
  } catch {
    return undefined; // it is not there yet
  }
}

for (
  const [what, rest] of [
    ["runs for a minute", "exec sleep 60"],
    ["ignores SIGTERM", "trap '' TERM; while :; do sleep 60; done"],
  ] as const
) {
  Deno.test(`a command that ${what} is gone after a Stop`, posix, async () => {
    await using bench = await Bench.start();
    const pidFile = `${bench.stateDir}/pid`;
    await bench.connect(shellThat(pidFile, rest), {}, {
      abandonAfterMs: 5_000,
    });
    await say(bench, "run");
    const pid = await bench.sandbox.waitFor(() => pidIn(pidFile));
    await press(bench);
    await bench.until(() => bench.count("delivered") === 1);
    assertEquals(bubbles(bench), [STOPPED_REPLY]);
    await bench.until(async () => await processFacts(pid) === undefined);
  });
}

Deno.test(
  "after a kill, a turn that was stopped meanwhile does not begin again",
  posix,
  async () => {
    await using bench = await Bench.start();
    const { sandbox, agent, stateDir } = bench;
    const pidFile = `${stateDir}/pid`;
    const start = () =>
      new Program([
        ...["connect", agent.id, "--api-url", sandbox.url],
        ...["--token", agent.token, "--state-dir", `${stateDir}/of-program`],
        ...["--interval-ms", "50", "--backend", "exec"],
        ...["--backend-opt", `cmd=echo $$ >> '${pidFile}'; exec sleep 600`],
      ]);
    let pid;
    {
      await using _ = start(); // it is killed
      await say(bench, "run");
      pid = await sandbox.waitFor(() => pidIn(pidFile));
    }
    await press(bench);
    await using _ = start();
    await sandbox.waitFor(() => bubbles(bench).length === 1);
    assertEquals(bubbles(bench), [STOPPED_REPLY]);
    assertEquals(await processFacts(pid), undefined);
    await sandbox.waitFor(() => beats(bench).at(-1)?.current_task === "");
    assertEquals(pidIn(pidFile), pid);
  },
);
