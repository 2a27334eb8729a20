// deno-lint-ignore-file no-console -- the benchmark is what it prints
/**
 * Measures the connector on the sandbox with the mock back end, and prints the figures; nothing asserts them.
 *
 *     deno task bench
 *
 * The sandbox runs in a process of its own, and each figure comes from a connector in a fresh process.
 */
import { connect, createBackend } from "../mod.ts";
import { Sandbox } from "../src/testing/mod.ts";

const BACKLOG = 1_000;
const PINGS = 200;

/** What a connector in a process of its own is told, and tells. */
interface Job {
  readonly url: string;
  readonly id: string;
  readonly token: string;
  readonly messages: number;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[
    Math.min(sorted.length - 1, Math.floor(sorted.length * share))
  ] ?? 0;
}

/** The connector's side: handles so many messages, then prints how long it took and its resident memory. */
async function work(job: Job): Promise<void> {
  const stateDir = await Deno.makeTempDir({ prefix: "molecule-bench-" });
  const done = Promise.withResolvers<void>();
  let delivered = 0;
  let first = 0;
  const connection = await connect({
    apiUrl: job.url,
    workspaceId: job.id,
    token: job.token,
    backend: createBackend("mock", {}),
    stateDir,
    pollIntervalMs: 50,
    sinceSecs: 3_600,
    maxExchanges: 0, // one peer sends everything
    onEvent: (event) => {
      if (event.type === "message" && first === 0) first = performance.now();
      if (event.type === "delivered" && ++delivered === job.messages) {
        done.resolve();
      }
    },
  });
  await done.promise;
  const seconds = (performance.now() - first) / 1_000;
  await connection.close();
  await Deno.remove(stateDir, { recursive: true });
  console.log(
    JSON.stringify({ seconds, rssMiB: Deno.memoryUsage().rss / 2 ** 20 }),
  );
}

/** Starts this file as a connector; `output` resolves with its figures. */
function start(
  job: Job,
): { readonly output: Promise<{ seconds: number; rssMiB: number }> } {
  const map = Deno.env.get("MOLECULE_IMPORT_MAP") ?? "";
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      ...(map === "" ? [] : ["--no-lock", `--import-map=${map}`]),
      import.meta.filename!,
      JSON.stringify(job),
    ],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const output = child.output().then(({ code, stdout }) => {
    if (code !== 0) throw new Error(`the connector ended with code ${code}`);
    return JSON.parse(new TextDecoder().decode(stdout));
  });
  return { output };
}

async function measure(): Promise<void> {
  await using sandbox = await Sandbox.start();
  const team = sandbox.createWorkspace({ name: "team" });
  const peer = sandbox.createWorkspace({ name: "peer", parentId: team.id });
  const agentFor = (name: string) =>
    sandbox.createWorkspace({ name, parentId: team.id });

  const backlog = agentFor("backlog");
  for (let i = 0; i < BACKLOG; i++) {
    // Twenty conversations, as a busy workspace has them.
    await sandbox.sendAsPeer(peer.id, backlog.id, `message ${i}`, {
      contextId: `ctx-${i % 20}`,
    });
  }
  const before = performance.now();
  const run = start({ url: sandbox.url, ...backlog, messages: BACKLOG });
  await sandbox.waitFor(() => sandbox.registrations(backlog.id).length > 0);
  const startUpMs = performance.now() - before;
  const { seconds, rssMiB } = await run.output;

  const latency = agentFor("latency");
  const job = start({ url: sandbox.url, ...latency, messages: PINGS });
  await sandbox.waitFor(() => sandbox.heartbeats(latency.id).length > 0);
  const times: number[] = [];
  for (let i = 0; i < PINGS; i++) {
    const sent = performance.now();
    const answers = sandbox.messagesTo(peer.id).length;
    await sandbox.sendAsPeer(peer.id, latency.id, `ping ${i}`);
    await sandbox.waitFor(() => sandbox.messagesTo(peer.id).length > answers);
    times.push(performance.now() - sent);
  }
  await job.output;

  const line = (what: string, value: string) =>
    console.log(`${what.padEnd(48)} ${value}`);
  line(`backlog of ${BACKLOG}`, `${Math.round(BACKLOG / seconds)} messages/s`);
  line(
    "enqueue to reply at 50 ms polls, median",
    `${percentile(times, 0.5).toFixed(1)} ms`,
  );
  line(
    "enqueue to reply at 50 ms polls, p99",
    `${percentile(times, 0.99).toFixed(1)} ms`,
  );
  line("start of the process to first register", `${Math.round(startUpMs)} ms`);
  line("resident memory after the backlog", `${Math.round(rssMiB)} MiB`);
}

if (Deno.args[0] === undefined) await measure();
else await work(JSON.parse(Deno.args[0]));
