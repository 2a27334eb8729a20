/** Killed while a request is under way: before the platform lets it take effect, or after, and before its answer. */
import { assert, assertEquals } from "@std/assert";
import type { Endpoint, Fault } from "../../src/testing/mod.ts";
import { fileOut } from "./scenarios.ts";
import { Stage } from "./stage.ts";

const ENDPOINTS: readonly Endpoint[] = [
  "register",
  "heartbeat",
  "activity",
  "a2a",
  "notify",
  "uploads",
  "workspace",
];

/** Kills the connector whose request this is; what becomes of the answer is nobody's business then. */
function kills(stage: Stage, takesEffect: boolean): Fault {
  return async ({ proceed }) => {
    if (takesEffect) await (await proceed()).body?.cancel();
    const life = stage.lives.at(-1)!;
    life.kill();
    await life.ended;
    return new Response();
  };
}

for (const endpoint of ENDPOINTS) {
  for (const takesEffect of [false, true]) {
    for (const nth of [1, 2]) {
      const when = takesEffect ? "took effect" : "came";
      Deno.test(`killed as ${endpoint} number ${nth} ${when}`, async () => {
        await using stage = await Stage.set();
        await fileOut.prepare(stage);
        stage.sandbox.clearFaults();
        let count = 0;
        stage.sandbox.fault(endpoint, kills(stage, takesEffect), {
          when: () => ++count === nth,
        });
        // The first life of those that make this request once is a life without a kill.
        for (let life = 0; life < nth && stage.cutRows.length === 0; life++) {
          await stage.live(undefined);
          if (stage.isDone) await stage.send("person", "one more");
        }
        assertEquals(stage.cutRows.length, 1, `no ${endpoint} number ${nth}`);
        while (!stage.isDone) await stage.live(undefined);
        assert(stage.isDone);
        stage.verify();
        await stage.idle();
        stage.verify();
      });
    }
  }
}
