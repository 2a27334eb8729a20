/** Answers that go wrong together, as they do on a platform whose database is away. */
import { assert, assertEquals } from "@std/assert";
import { ConnectError } from "../../mod.ts";
import { Bench, recorder } from "../harness.ts";
import { runAtOnce } from "./at_once.ts";
import { type Outage, OUTAGES } from "./outages.ts";

async function tryOutage(outage: Outage): Promise<void> {
  await using bench = await Bench.start();
  const { sandbox, agent } = bench;
  let go = Promise.resolve();
  const connection = await bench.connect(recorder(() => go));
  const ask = async (text: string) => {
    await bench.ping(text);
    await sandbox.sendAsHuman(agent.id, text);
  };
  await ask("before");
  await bench.until(() => bench.count("delivered") === 2);
  const held = Promise.withResolvers<void>();
  if (outage.losesAnswers) {
    go = held.promise;
    await ask("lost");
    await bench.until(() => bench.count("turn_started") === 3);
  }
  const end = await outage.begin(bench);
  if (outage.code !== undefined) {
    const error = await connection.closed;
    if (!(error instanceof ConnectError)) throw error ?? new Error("no reason");
    assertEquals(error.code, outage.code);
    return;
  }
  if (outage.losesAnswers) {
    held.resolve();
    await bench.until(() => bench.count("delivered") === 4);
  }
  await ask("during");
  if (outage.until !== undefined) {
    const [endpoint, count] = outage.until;
    const before = sandbox.requestsTo(endpoint).length;
    await sandbox.waitFor(() =>
      sandbox.requestsTo(endpoint).length >= before + count
    );
  }
  assertEquals(connection.status.state, "connected");
  await end();
  await ask("after");
  const all = outage.losesAnswers ? 8 : 6;
  await bench.until(() => bench.count("delivered") === all);
  await sandbox.waitFor(() =>
    sandbox.heartbeats(agent.id).at(-1)?.error_rate === 0
  );
  await connection.close();
  assertEquals(await connection.closed, undefined);
  const texts = ["re: before", "re: during", "re: after"];
  assertEquals(sandbox.notifies(agent.id), texts);
  assertEquals(bench.toPeer, texts);
  assertEquals(bench.count("dead_letter"), 0);
}

Deno.test("outages: each ends as it should, and nothing is lost or doubled", () =>
  runAtOnce(OUTAGES.map((outage) => [outage.name, () => tryOutage(outage)])));

Deno.test("outages: a token that register minted outlives the process", async () => {
  await using bench = await Bench.start();
  const first = await bench.connect(recorder());
  bench.sandbox.revokeTokens(bench.agent.id);
  await bench.ping("one");
  await bench.until(() => bench.count("delivered") === 1);
  await first.close();
  await bench.connect(recorder()); // with the token that was revoked
  await bench.ping("two");
  await bench.until(() => bench.count("delivered") === 2);
  assertEquals(bench.toPeer, ["re: one", "re: two"]);
});

Deno.test("outages: the whole database is away at the start: five tries, and a code of its own", async () => {
  await using bench = await Bench.start();
  const outage = OUTAGES.find(({ name }) => name.startsWith("Whole database"));
  const end = await outage!.begin(bench);
  const error: unknown = await bench.connect(recorder()).catch((e) => e);
  assert(error instanceof ConnectError && error.code === "GAVE_UP");
  await end();
});
