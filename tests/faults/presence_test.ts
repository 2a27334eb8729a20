/** What heartbeats say while something fails: that it does, and nothing that is nobody's business. */
import { assert, assertEquals } from "@std/assert";
import { faults } from "../../src/testing/mod.ts";
import { Bench, recorder } from "../harness.ts";

Deno.test("presence: a back end that fails makes the workspace degraded, and one good turn makes it well", async () => {
  await using bench = await Bench.start();
  const { sandbox, agent } = bench;
  let isBroken = true;
  await bench.connect(
    recorder((message) => {
      if (isBroken) throw new Error(`cannot do ${message.text}`);
    }),
    { maxAttempts: 1 },
  );
  await bench.ping("private words");
  await sandbox.waitFor(() => sandbox.status(agent.id) === "degraded");
  isBroken = false;
  await bench.ping("again");
  await sandbox.waitFor(() => sandbox.status(agent.id) === "online");
  const beats = sandbox.heartbeats(agent.id);
  assert(beats.some((beat) => beat.sample_error === "The back end failed"));
  assert(!JSON.stringify(beats).includes("private words"));
  assertEquals(beats.at(-1)?.sample_error, "");
});

Deno.test("presence: an error that quotes our headers and somebody's words is told by its status alone", async () => {
  await using bench = await Bench.start();
  const { sandbox, agent } = bench;
  await bench.connect(recorder());
  const secrets = {
    bearer: `Bearer ${agent.token}`,
    url: "postgres://admin:hunter22@db.example/",
    text: "my private diagnosis",
  };
  const fault = sandbox.fault(
    "activity",
    faults.status(500, { body: secrets }),
    { times: Infinity },
  );
  await sandbox.waitFor(() => sandbox.status(agent.id) === "degraded");
  fault.remove();
  await sandbox.waitFor(() => sandbox.status(agent.id) === "online");
  const told = new Set(
    sandbox.heartbeats(agent.id).map((beat) => beat.sample_error),
  );
  told.delete("");
  assertEquals([...told], [`GET /workspaces/${agent.id}/activity: HTTP 500`]);
});
