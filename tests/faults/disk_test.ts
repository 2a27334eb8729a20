/** A disk that fails: nothing is sent that is not saved, and nothing is lost. */
import { assert, assertEquals } from "@std/assert";
import { StateError, UsageError } from "../../mod.ts";
import type { Logger } from "../../src/log.ts";
import { exitCodeOf } from "../../src/cli/exit_codes.ts";
import { useDisk } from "../../src/os/disk.ts";
import { Bench, recorder } from "../harness.ts";
import { runAtOnce } from "./at_once.ts";
import { BrokenDisk } from "./broken_disk.ts";
import { DISK_FAULTS, type DiskFault } from "./disk_faults.ts";

/** Keeps the lines of errors. */
function errorLog(lines: string[]): Logger {
  const quiet = () => {};
  return {
    debug: quiet,
    info: quiet,
    warn: quiet,
    error: (text) => void lines.push(text),
  };
}

async function tryAtStart(broken: BrokenDisk, fault: DiskFault) {
  await using bench = await Bench.start();
  const { sandbox } = bench;
  await bench.ping("hello");
  const end = broken.break(bench.stateDir, fault.trouble);
  const error: unknown = await bench.connect(recorder()).catch((e) => e);
  const kind = fault.trouble.code === "EACCES" ? UsageError : StateError;
  if (!(error instanceof kind)) throw error;
  assert(fault.atStart.includes(`exit code ${exitCodeOf(error)} `));
  assertEquals(sandbox.requests, []);
  end();
  await bench.connect(recorder());
  await bench.until(() => bench.count("delivered") === 1);
  const left = [...Deno.readDirSync(bench.stateDir)].map(({ name }) => name);
  assertEquals(left.filter((name) => name.endsWith(".tmp")), []);
}

async function tryRunning(broken: BrokenDisk, fault: DiskFault) {
  await using bench = await Bench.start();
  const { sandbox, agent } = bench;
  const lines: string[] = [];
  const backend = recorder();
  const connection = await bench.connect(backend, { log: errorLog(lines) });
  await bench.ping("before");
  await bench.until(() => bench.count("delivered") === 1);
  const end = broken.break(bench.stateDir, fault.trouble);
  await bench.ping("during");
  await sandbox.sendAsHuman(agent.id, "during");
  await sandbox.waitFor(() => sandbox.status(agent.id) === "degraded");
  const [bad] = sandbox.heartbeats(agent.id).filter((beat) =>
    beat.error_rate === 1
  );
  assertEquals(bad?.sample_error, "The state cannot be saved");
  await sandbox.waitFor(() => broken.hits(bench.stateDir) >= 2);
  assertEquals(bench.toPeer, ["re: before"]);
  assertEquals(sandbox.notifies(agent.id), []);
  assertEquals(connection.status.state, "connected");
  const told = lines.filter((line) => line.startsWith("Cannot save the state"));
  assert(told.length >= 1);
  assertEquals(new Set(told).size, 1);
  end();
  await bench.until(() => bench.count("delivered") === 3);
  await sandbox.waitFor(() => sandbox.status(agent.id) === "online");
  await connection.close();
  assertEquals(await connection.closed, undefined);
  assertEquals(bench.toPeer, ["re: before", "re: during"]);
  assertEquals(sandbox.notifies(agent.id), ["re: during"]);
  assertEquals(backend.asked, ["before", "during", "during"]);
}

/** A stop while the disk fails ends, says why, and the next start answers what was left. */
async function tryStop(broken: BrokenDisk, fault: DiskFault) {
  await using bench = await Bench.start();
  const { sandbox } = bench;
  const lines: string[] = [];
  const connection = await bench.connect(recorder(), { log: errorLog(lines) });
  const end = broken.break(bench.stateDir, fault.trouble);
  await bench.ping("during");
  await sandbox.waitFor(() => broken.hits(bench.stateDir) >= 1);
  await connection.close({ graceMs: 3_600_000 }); // no turn runs that could use it
  assert(await connection.closed instanceof StateError);
  end();
  bench.events.splice(0);
  await bench.connect(recorder());
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bench.toPeer, ["re: during"]);
}

for (
  const [when, run] of [
    ["at the start", tryAtStart],
    ["while it runs", tryRunning],
    ["at a stop", tryStop],
  ] as const
) {
  Deno.test(`a broken disk ${when}`, async () => {
    const broken = new BrokenDisk();
    using _ = useDisk(broken.disk);
    await runAtOnce(
      DISK_FAULTS.map((fault) => [fault.name, () => run(broken, fault)]),
    );
  });
}

Deno.test("a disk that takes a byte at a time loses none", async () => {
  const broken = new BrokenDisk();
  broken.isSlow = true;
  using _ = useDisk(broken.disk);
  await using bench = await Bench.start();
  await bench.connect(recorder());
  await bench.ping("hello");
  await bench.until(() => bench.count("delivered") === 1);
});

Deno.test("a disk that takes nothing, and says no word, is an error and no endless loop", async () => {
  const broken = new BrokenDisk();
  const open = broken.disk.open;
  using _ = useDisk({
    ...broken.disk,
    open: async (path, options) => ({
      ...await open(path, options),
      write: () => Promise.resolve(0),
    }),
  });
  await using bench = await Bench.start();
  const error: unknown = await bench.connect(recorder()).catch((e) => e);
  assert(error instanceof StateError, Deno.inspect(error));
});
