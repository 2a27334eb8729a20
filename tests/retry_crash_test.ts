/** Killed with SIGKILL in the middle of trying again, or of giving up: the same ids, and never twice. */
import { assertEquals } from "@std/assert";
import { loadState } from "../mod.ts";
import type { CrashPoint } from "../src/crash_points.ts";
import { derivedId } from "../src/delivery/ids.ts";
import { letterFiles } from "../src/delivery/dead_letters.ts";
import { faults } from "../src/testing/mod.ts";
import { Bench, recorder } from "./harness.ts";
import type { RetryJob } from "./retry_child.ts";
import {
  hopeless,
  idsToPeer,
  lettersIn,
  pathsOf,
  retryAll,
  willing,
} from "./retry_bench.ts";

/** Runs a connector until it is killed at `dieAt`. */
async function killedAt(
  bench: Bench,
  dieAt: CrashPoint,
  isHopeless = false,
): Promise<void> {
  const map = Deno.env.get("MOLECULE_IMPORT_MAP") ?? "";
  const job: RetryJob = {
    url: bench.sandbox.url,
    ...bench.agent,
    stateDir: bench.stateDir,
    dieAt,
    hopeless: isHopeless,
  };
  const { signal } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      ...(map === "" ? [] : ["--no-lock", `--import-map=${map}`]),
      new URL("retry_child.ts", import.meta.url).href,
      JSON.stringify(job),
    ],
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  assertEquals(signal, "SIGKILL", `the step "${dieAt}" was not reached`);
}

/** Ends what a crash left, and checks that nothing is left of it. */
async function goOn(bench: Bench): Promise<string[]> {
  const backend = willing();
  const first = await bench.connect(backend, { once: true });
  assertEquals(await first.closed, undefined);
  // It ends while a bubble of unknown outcome waits to be looked for.
  const second = await bench.connect(backend);
  await bench.until(() => second.status.unsent === 0);
  await second.close();
  assertEquals(await letterFiles(pathsOf(bench).retry), []);
  const state = await loadState(bench.stateDir, bench.agent.id);
  assertEquals([state.outbox, state.retried], [[], undefined]);
  return backend.asked;
}

/** The one message of the peer's stands in the dead letters, and its sender was told. */
async function withDeadMessage() {
  const bench = await Bench.start();
  const first = await bench.connect(hopeless);
  const row = await bench.ping("ping");
  await bench.until(() => bench.count("delivered") === 1);
  await first.close();
  return { bench, row };
}

for (
  const [point, asksAgain] of [
    ["retry taken in", true],
    ["attempt saved", true],
    ["turn ended", true],
    ["reply in outbox", true],
    ["reply saved", false],
    ["attempt marked", false],
    ["retry saved", false],
    ["retry file removed", false],
    ["retry forgotten", false],
  ] as const
) {
  Deno.test(`a message is tried again and killed at "${point}": one answer, under the same id`, async () => {
    const { bench, row } = await withDeadMessage();
    await using _ = bench;
    await retryAll(bench);
    await killedAt(bench, point);
    const asked = await goOn(bench);
    assertEquals(asked.length, asksAgain ? 1 : 0);
    assertEquals(bench.toPeer, [
      "This message could not be processed.",
      "again: ping",
    ]);
    assertEquals(
      idsToPeer(bench)[1],
      derivedId(bench.agent.id, row, "reply", 1),
    );
    assertEquals(await letterFiles(pathsOf(bench).dead), []);
  });
}

for (
  const point of [
    "retry taken in",
    "state written",
    "retry saved",
    "retry file removed",
  ] as const
) {
  Deno.test(`an answer to a person is sent again and killed at "${point}": it is shown once`, async () => {
    await using bench = await Bench.start();
    bench.sandbox.fault("notify", faults.status(400));
    const first = await bench.connect(recorder());
    await bench.sandbox.sendAsHuman(bench.agent.id, "hello");
    await bench.until(() => bench.count("dead_letter") === 1);
    await first.close();
    await retryAll(bench);
    await killedAt(bench, point);
    assertEquals(await goOn(bench), []);
    assertEquals(bench.sandbox.notifies(bench.agent.id), ["re: hello"]);
  });
}

for (const point of ["dead letter written", "given up"] as const) {
  Deno.test(`given up and killed at "${point}": one letter, one failure, and no answer after it`, async () => {
    await using bench = await Bench.start();
    // It would begin in the past, where nobody looks, if it were sent before the first start.
    const first = await bench.connect(recorder());
    await first.close();
    const row = await bench.ping("ping");
    await killedAt(bench, point, true);
    assertEquals(await goOn(bench), []);
    assertEquals(bench.toPeer, ["This message could not be processed."]);
    assertEquals(idsToPeer(bench), [
      derivedId(bench.agent.id, row, "failure", 0),
    ]);
    const [letter, ...more] = await lettersIn(bench, pathsOf(bench).dead);
    assertEquals([letter?.reason, more], ["cannot do this", []]);
  });
}

Deno.test("a turn that was killed with the connector counts: its letter says so", async () => {
  await using bench = await Bench.start();
  const first = await bench.connect(recorder());
  await first.close();
  await bench.ping("ping");
  await killedAt(bench, "attempt saved");
  const backend = willing();
  await bench.connect(backend, { maxAttempts: 1 });
  await bench.until(() => bench.count("dead_letter") === 1);
  const [letter] = await lettersIn(bench, pathsOf(bench).dead);
  assertEquals([letter?.reason, letter?.attempts, backend.asked], [
    "The connector was killed in the middle of it (1 attempt)",
    1,
    [],
  ]);
});

Deno.test("a second try is given up and killed before that is saved: one letter more, and its sender is not told again", async () => {
  const { bench } = await withDeadMessage();
  await using _ = bench;
  await retryAll(bench);
  await killedAt(bench, "dead letter written", true);
  assertEquals(await goOn(bench), []);
  assertEquals(bench.toPeer, ["This message could not be processed."]);
  const [letter, ...more] = await lettersIn(bench, pathsOf(bench).dead);
  assertEquals([letter?.retry, letter?.reason, more], [
    1,
    "cannot do this",
    [],
  ]);
});
