/** No orphans: what a turn started is gone before the turn runs again, however the connector or the turn ended. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { loadState } from "../mod.ts";
import { isLinux } from "../src/os/platform.ts";
import { OrphanBench, running } from "./orphan_turns.ts";

/** Elsewhere nobody can tell what a process that left its group belongs to. */
const linux = { ignore: !isLinux };

/** The first run of a message starts processes and hangs; the second answers with what is left of them. */
function hangsOnce(dir: string, before = ""): string {
  return `pids='${dir}'/$name
  if [ -e "$pids" ]; then
    for pid in $(cat "$pids"); do
      grep -qs '^State:[[:space:]]*[^ZX[:space:]]' /proc/$pid/status && echo "left $pid"
    done
    echo "$name: nothing else"; exit
  fi
  ${before}
  sleep 600 & one=$!; setsid sleep 600 & two=$!
  echo $$ $one $two > "$pids"; echo $$ $one $two >&3
  wait; wait; wait`;
}

Deno.test(
  "killed in a turn: what it started is ended before the turn runs again",
  linux,
  async () => {
    await using orphans = await OrphanBench.start();
    const { bench, dir } = orphans;
    const script = hangsOnce(dir);
    const row = await bench.ping("one");
    let pids: number[];
    {
      await using first = orphans.connect(script);
      pids = await orphans.told(1);
      first.signal("SIGKILL");
      await first.code();
    }
    assertEquals(await running(pids), pids);
    await using second = orphans.connect(script);
    await second.stdout.until('"delivered"');
    assertEquals(bench.toPeer, ["one: nothing else"]);
    assertEquals(await running(pids), []);
    const told = second.stderr.text.split("\n").find((line) =>
      line.includes("Ended 3 processes")
    );
    assertStringIncludes(told ?? "", `"row":"${row.slice(0, 8)}"`);
    assertStringIncludes(second.stdout.text, '"attempt":2');
  },
);

Deno.test(
  "killed in two turns at once, whose processes ignore SIGTERM: all are ended",
  linux,
  async () => {
    await using orphans = await OrphanBench.start();
    const { bench, dir } = orphans;
    const script = hangsOnce(dir, 'trap "" TERM');
    await bench.ping("one", { contextId: "c1" });
    await bench.ping("two", { contextId: "c2" });
    let pids: number[];
    {
      await using first = orphans.connect(script, "--concurrency", "2");
      pids = await orphans.told(2);
      first.signal("SIGKILL");
      await first.code();
    }
    assertEquals((await running(pids)).length, 6);
    await using second = orphans.connect(script, "--concurrency", "2");
    await bench.sandbox.waitFor(() => bench.toPeer.length === 2);
    assertEquals(bench.toPeer.toSorted(), [
      "one: nothing else",
      "two: nothing else",
    ]);
    assertEquals(await running(pids), []);
    second.signal("SIGTERM");
    assertEquals(await second.code(), 0);
  },
);

Deno.test(
  "a turn that fails leaves no process, one that answers may",
  linux,
  async () => {
    await using orphans = await OrphanBench.start();
    const { bench } = orphans;
    await using program = orphans.connect(
      `setsid sleep 600 >/dev/null 2>&1 & echo $! >&3; [ "$name" = answer ] && echo done`,
      ...["--max-attempts", "1"],
    );
    await bench.ping("fail");
    await program.stdout.until('"dead_letter"');
    const [failed] = await orphans.told(1);
    assertEquals(await running([failed!]), []);
    await bench.ping("answer");
    await program.stdout.until('"answered"');
    const [, answered] = await orphans.told(2);
    assertEquals(await running([answered!]), [answered]);
    program.signal("SIGTERM");
    assertEquals(await program.code(), 0);
    assertEquals(await running([answered!]), [answered]);
    Deno.kill(answered!, "SIGKILL");
  },
);

for (const grace of [false, true]) {
  const cut = grace ? "whose grace is over" : "that is asked for twice";
  Deno.test(
    `a stop ${cut} ends the turn with all that it started, and it does not count`,
    linux,
    async () => {
      await using orphans = await OrphanBench.start();
      const { bench, dir } = orphans;
      const script = hangsOnce(dir, 'trap "" TERM');
      await bench.ping("one");
      await using first = orphans.connect(
        script,
        ...["--heartbeat-ms", "1000", "--grace", grace ? "1s" : "60s"],
      );
      const pids = await orphans.told(1);
      first.signal("SIGINT");
      if (!grace) {
        await first.stderr.until("Once more cuts it short");
        first.signal("SIGTERM");
      }
      assertEquals(await first.code(), 0, first.stderr.text);
      assertEquals(await running(pids), []);
      const beat = bench.sandbox.heartbeats(bench.agent.id).at(-1)!;
      assertEquals([beat.active_tasks, beat.current_task], [0, ""]);
      const { attempts } = await loadState(bench.stateDir, bench.agent.id);
      const kept = Object.values(attempts ?? {});
      assertEquals(kept.map(({ n, turn }) => [n, turn]), [[0, undefined]]);
      await using second = orphans.connect(script); // the lock is free
      await second.stdout.until('"delivered"');
      assertEquals(bench.toPeer, ["one: nothing else"]);
      assertStringIncludes(second.stdout.text, '"attempt":1');
    },
  );
}

Deno.test(
  "a third signal leaves what left its group to the next start; the cut turn does not count",
  linux,
  async () => {
    await using orphans = await OrphanBench.start();
    const { bench, dir } = orphans;
    const { stateDir, agent } = bench;
    const script = hangsOnce(dir, 'trap "" TERM');
    const id = await bench.ping("one");
    await using first = orphans.connect(script);
    const pids = await orphans.told(1);
    first.signal("SIGINT");
    await first.stderr.until("Once more cuts it short");
    first.signal("SIGINT");
    const isSaved = async () =>
      (await loadState(stateDir, agent.id)).attempts?.[id]?.n === 0;
    while (!await isSaved());
    first.signal("SIGINT");
    assertEquals(await first.code(), 130, first.stderr.text);
    // What was killed on the way out takes a moment to be gone.
    while ((await running(pids.slice(0, 2))).length > 0);
    // On a slow machine the second signal has had its effect before the third one came.
    const left = await running(pids);
    assertEquals(left, left.length === 0 ? [] : pids.slice(2));
    await using second = orphans.connect(script);
    await second.stdout.until('"delivered"');
    assertEquals(await running(pids), []);
    assertEquals(bench.toPeer, ["one: nothing else"]);
    assertStringIncludes(second.stdout.text, '"attempt":1');
  },
);
