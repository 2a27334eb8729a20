import { assertEquals } from "@std/assert";
import { Sandbox } from "../sandbox/sandbox.ts";
import { watchSandbox } from "./sandbox_watch.ts";

Deno.test("watchSandbox() shows who said what to whom, each message as one bounded line", async () => {
  await using sandbox = await Sandbox.start();
  const agent = sandbox.createWorkspace({ name: "agent" });
  const peer = sandbox.createWorkspace({ name: "peer" });
  const names = new Map([[agent.id, "agent"], [peer.id, "peer"]]);
  const stop = new AbortController();
  const lines: string[] = [];
  const waiters: (() => void)[] = [];
  const watching = watchSandbox(sandbox, names, (line) => {
    lines.push(line);
    waiters.shift()?.();
  }, stop.signal);
  const shows = async (act: () => Promise<unknown>) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    waiters.push(resolve);
    await act();
    await promise;
    return lines.at(-1);
  };

  assertEquals(
    await shows(() => sandbox.sendAsHuman(agent.id, "one\n\x1b[2Jtwo")),
    "person → agent: one\\n\\u001b[2Jtwo",
  );
  assertEquals(
    await shows(() => sandbox.sendAsPeer(peer.id, agent.id, "hello")),
    "peer → agent: hello",
  );
  assertEquals(
    await shows(() => sandbox.sendAsPeer(agent.id, peer.id, "ü".repeat(201))),
    `agent → peer: ${"ü".repeat(200)}…`,
  );
  const told = await shows(async () => {
    const answer = await fetch(`${sandbox.url}/workspaces/${agent.id}/notify`, {
      method: "POST",
      headers: { authorization: `Bearer ${agent.token}` },
      body: JSON.stringify({ message: "done" }),
    });
    await answer.body?.cancel();
  });
  assertEquals(told, "agent → person: done");
  stop.abort();
  await watching;
  assertEquals(lines.length, 4);
});
