/** Processes that back ends start: kept while they run, ended at the next start, and never taken for another's. */
import { assertEquals, assertThrows } from "@std/assert";
import {
  type Backend,
  createBackend,
  loadState,
  saveState,
  textReply,
} from "../mod.ts";
import { processFacts } from "../src/os/process_facts.ts";
import { isWindows } from "../src/os/platform.ts";
import { testContext, testMessage } from "../src/testing/backend_context.ts";
import { Bench, recorder } from "./harness.ts";

const posix = { ignore: isWindows };

/** A process that leads a group of its own, as back ends start them. */
function startSleep(): Deno.ChildProcess {
  return new Deno.Command("sleep", { args: ["600"], detached: true }).spawn();
}

/** Saves a state as a killed connector leaves it. */
async function saveChild(bench: Bench, pid: number, started: string) {
  await saveState(bench.stateDir, {
    workspace_id: bench.agent.id,
    last_since_id: "",
    floor: Date.now(),
    children: [{ pid, started, row: "r-1" }],
  });
}

Deno.test(
  "a child that a killed connector left is ended at the next start, and forgotten",
  posix,
  async () => {
    await using bench = await Bench.start();
    const child = startSleep();
    await saveChild(bench, child.pid, (await processFacts(child.pid))!.started);
    const connection = await bench.connect(recorder());
    assertEquals((await child.status).signal, "SIGTERM");
    await connection.close();
    const { children } = await loadState(bench.stateDir, bench.agent.id);
    assertEquals(children, undefined);
  },
);

Deno.test(
  "a pid that another process has by now is left alone",
  posix,
  async () => {
    await using bench = await Bench.start();
    const stranger = startSleep();
    const { started } = (await processFacts(stranger.pid))!;
    await saveChild(bench, stranger.pid, `${started} before`);
    await bench.connect(recorder());
    await bench.ping("ping");
    await bench.until(() => bench.count("delivered") === 1);
    stranger.kill("SIGKILL"); // throws if it has ended already
    assertEquals((await stranger.status).signal, "SIGKILL");
  },
);

Deno.test(
  "a child is saved while it runs, also beyond its turn, and forgotten when it has ended",
  posix,
  async () => {
    await using bench = await Bench.start();
    const child = startSleep();
    const saved = async () =>
      (await loadState(bench.stateDir, bench.agent.id)).children
        ?.map(({ pid }) => pid);
    let kept: Disposable | undefined;
    const backend: Backend = {
      name: "resident",
      async handle(_, context) {
        for (const pid of [0, 1, -1, 1.5, NaN]) {
          assertThrows(() => context.childStarted(pid), RangeError);
        }
        const record = context.childStarted(child.pid);
        await record.saved;
        kept = record;
        return textReply("started");
      },
      async close() {
        child.kill();
        await child.status;
        kept?.[Symbol.dispose]();
      },
    };
    const connection = await bench.connect(backend);
    await bench.ping("ping");
    await bench.until(() => bench.count("delivered") === 1);
    assertEquals(await saved(), [child.pid]);
    await connection.close();
    assertEquals(await saved(), undefined);
  },
);

Deno.test("each run of a turn has an id of its own, saved before it begins", async () => {
  await using bench = await Bench.start();
  const seen: (readonly [given: string, saved: string | undefined])[] = [];
  await bench.connect({
    name: "failing",
    async handle(message, context) {
      const { attempts } = await loadState(bench.stateDir, bench.agent.id);
      seen.push([context.turnId, attempts?.[message.activityId]?.turn]);
      if (seen.length === 1) throw new Error("once");
      return textReply("done");
    },
  });
  await bench.ping("ping");
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(seen.map(([given]) => given), seen.map(([, saved]) => saved));
  assertEquals(new Set(seen.flat()).size, 2);
});

Deno.test(
  "exec tells its children the turn, and the core its child until that has ended",
  posix,
  async () => {
    const told: (number | string)[] = [];
    const context = testContext({
      childStarted: (pid) => {
        told.push(pid);
        return {
          saved: Promise.resolve(),
          [Symbol.dispose]: () => void told.push("ended"),
        };
      },
    });
    const { parts } = await createBackend("exec", {
      cmd: 'echo "$$ $MOLECULE_TURN"',
    }).handle(testMessage("hi"), context);
    const [pid, ended] = told;
    assertEquals(ended, "ended");
    assertEquals(parts, [{ kind: "text", text: `${pid} ${context.turnId}` }]);
  },
);
