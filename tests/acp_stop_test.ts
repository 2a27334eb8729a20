/** Stop, where one agent stays and answers everybody: it is told to cancel, and goes on. */
import { assertEquals } from "@std/assert";
import { STOPPED_REPLY } from "../src/delivery/stops.ts";
import { isWindows } from "../src/os/platform.ts";
import { AcpStage } from "./acp_stage.ts";
import { Bench } from "./harness.ts";

Deno.test({
  name:
    "Stop cancels a person's turn of an acp agent; the agent, and a peer's turn in it, go on",
  ignore: isWindows,
  async fn() {
    await using stage = await AcpStage.create();
    await using bench = await Bench.start();
    const { sandbox, agent } = bench;
    const bubbles = () => sandbox.notifies(agent.id);
    const starts = async () =>
      (await stage.log()).filter((line) => line.startsWith("initialize"))
        .length;
    const backend = stage.backend();
    await bench.connect(backend, { concurrency: 2 }, { abandonAfterMs: 5_000 });
    const go = stage.path("go");
    await bench.ping(`WAIT-FOR ${go}`);
    await stage.noted("turn WAIT-FOR");
    await sandbox.sendAsHuman(agent.id, "HANG");
    await stage.noted("turn HANG");
    // The check at the start has an agent of its own.
    const before = await starts();
    await sandbox.stop(agent.id);
    await stage.noted('after cancel: {"outcome":"cancelled"}');
    await sandbox.waitFor(() => bubbles().length > 0);
    assertEquals(bubbles(), [STOPPED_REPLY]);
    await Deno.writeTextFile(go, "");
    await bench.until(() => bench.toPeer.length === 1);
    assertEquals(bench.toPeer, ["waited 1"]);
    await sandbox.sendAsHuman(agent.id, "after");
    await sandbox.waitFor(() => bubbles().length > 1);
    assertEquals(bubbles(), [STOPPED_REPLY, "heard: HANG | after"]);
    assertEquals(await starts(), before);
    assertEquals(bench.count("turn_failed"), 0);
  },
});
