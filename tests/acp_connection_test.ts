/** A whole connection with an agent that stays. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { AcpStage } from "./acp_stage.ts";
import { Bench } from "./harness.ts";

Deno.test("an agent that stays: peer and person have conversations of their own, and a stop ends the agent", async () => {
  await using stage = await AcpStage.create();
  await using bench = await Bench.start();
  const connection = await bench.connect(stage.backend());
  await bench.ping("peer one", { contextId: "c" });
  await bench.until(() => bench.toPeer.length === 1);
  await bench.sandbox.sendAsHuman(bench.agent.id, "person one");
  await bench.until(() => bench.sandbox.notifies(bench.agent.id).length === 1);
  await bench.ping("peer two", { contextId: "c" });
  await bench.until(() => bench.toPeer.length === 2);
  assertEquals(bench.toPeer, ["heard: peer one", "heard: peer one | peer two"]);
  assertEquals(bench.sandbox.notifies(bench.agent.id), ["heard: person one"]);
  await connection.close();
  assertEquals((await stage.log()).at(-1), "stdin ended");
});

Deno.test("an agent that stays: a turn that a stop cuts is cancelled, and runs again in its session after the next start", async () => {
  await using stage = await AcpStage.create();
  await using bench = await Bench.start();
  const manner = { takesUp: "resume" } as const;
  const go = stage.path("go");
  const first = await bench.connect(stage.backend({ manner }));
  await bench.ping("before", { contextId: "c" });
  await bench.until(() => bench.toPeer.length === 1);
  await bench.ping(`WAIT-FOR ${go}`, { contextId: "c" });
  await stage.noted("turn WAIT-FOR");
  await first.close({ graceMs: 0 });
  assert((await stage.log()).includes("cancel"));
  await Deno.writeTextFile(go, "");
  await bench.connect(stage.backend({ manner }), { maxAttempts: 1 });
  await bench.until(() => bench.toPeer.length === 2);
  // Its question stands there twice: the agent was told so.
  assertEquals(bench.toPeer, ["heard: before", "waited 3"]);
});

Deno.test("an agent that stays: ending it for one message burns no attempt of another", async () => {
  await using stage = await AcpStage.create();
  await using bench = await Bench.start();
  const backend = stage.backend({ manner: { takesUp: "resume" } });
  const go = stage.path("go");
  await bench.connect(backend, { concurrency: 2, maxAttempts: 1 });
  await bench.ping("MUCH deaf", { contextId: "deaf" });
  await stage.noted("cancel");
  await bench.ping(`WAIT-FOR ${go}`, { contextId: "other" });
  await stage.noted("turn WAIT-FOR");
  await bench.until(() => bench.count("dead_letter") === 1);
  await Deno.writeTextFile(go, "");
  await bench.until(() => bench.toPeer.length === 2);
  const [told, answer] = bench.toPeer;
  assertEquals(told, "This message could not be processed.");
  assertStringIncludes(answer!, "waited");
});
