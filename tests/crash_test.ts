/** A connector killed with SIGKILL at every step of a message's way: nothing is lost, nothing answered twice. */
import { assertEquals } from "@std/assert";
import { loadState } from "../mod.ts";
import { Bench } from "./harness.ts";

/** Starts a connector, reads what it tells, and kills it when `isPoint` says so. Returns the texts that it was asked. */
async function run(
  bench: Bench,
  isPoint: (event: { type: string; text?: string }, nth: number) => boolean,
): Promise<string[]> {
  const map = Deno.env.get("MOLECULE_IMPORT_MAP") ?? "";
  const job = {
    url: bench.sandbox.url,
    ...bench.agent,
    stateDir: bench.stateDir,
  };
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      ...(map === "" ? [] : ["--no-lock", `--import-map=${map}`]),
      new URL("crash_child.ts", import.meta.url).href,
      JSON.stringify(job),
    ],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const asked: string[] = [];
  const counts = new Map<string, number>();
  let rest = "";
  let killed = false;
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      const event = JSON.parse(line);
      if (event.type === "asked") asked.push(event.text);
      const nth = (counts.get(event.type) ?? 0) + 1;
      counts.set(event.type, nth);
      if (!killed && isPoint(event, nth)) {
        killed = true;
        child.kill("SIGKILL");
      }
    }
  }
  await child.status;
  return asked;
}

const POINTS = [
  "registered",
  "message",
  "turn_started",
  "asked",
  "answered",
  "delivered",
  "cursor",
] as const;

for (const point of POINTS) {
  for (const nth of [1, 3, 6]) {
    if (point === "registered" && nth > 1) continue;
    Deno.test(`killed at the ${nth}. "${point}": each message is answered once, in order`, async () => {
      await using bench = await Bench.start();
      const { sandbox, agent, peer } = bench;
      const texts: string[] = [];
      for (let i = 0; i < 12; i++) {
        const text = `m${i}`;
        texts.push(text);
        if (i % 3 === 2) await sandbox.sendAsHuman(agent.id, text);
        else await bench.ping(text, { contextId: `ctx-${i % 3}` });
      }
      const first = await run(
        bench,
        (event, count) => event.type === point && count === nth,
      );
      const finished = () =>
        bench.toPeer.length + sandbox.notifies(agent.id).length;
      // The second one is killed when everything has arrived, and a while of nothing more proves it.
      const left = 12 - finished();
      const second = await run(
        bench,
        (event, count) =>
          event.type === "heartbeat" && count > 2 && finished() >= 12,
      );
      const inLane = (lane: number) =>
        texts.filter((_, i) => i % 3 === lane).map((text) => `re: ${text}`);
      const toPeer = sandbox.messagesTo(peer.id);
      for (const lane of [0, 1]) {
        assertEquals(
          toPeer.filter((message) => message.contextId === `ctx-${lane}`)
            .map((message) => message.text),
          inLane(lane),
        );
      }
      assertEquals(sandbox.notifies(agent.id), inLane(2));
      // A turn that the kill hit runs again; a saved answer is not asked for again.
      const twice = first.length + second.length - 12;
      assertEquals(
        twice === 0 || twice === 1,
        true,
        `asked ${twice} again; ${left} were left`,
      );
      const state = await loadState(bench.stateDir, agent.id);
      assertEquals([state.outbox, state.attempts], [[], {}]);
    });
  }
}
