import { assertEquals } from "@std/assert";
import { Sandbox } from "./sandbox.ts";

/** Posts to a channel of `id`; gives status and body. */
async function send(
  sandbox: Sandbox,
  workspace: { readonly id: string; readonly token: string },
  channel: string,
  body: unknown,
): Promise<readonly [number, unknown]> {
  const answer = await fetch(
    `${sandbox.url}/workspaces/${workspace.id}/channels/${channel}/send`,
    {
      method: "POST",
      headers: { authorization: `Bearer ${workspace.token}` },
      body: JSON.stringify(body),
    },
  );
  return [answer.status, await answer.json()];
}

Deno.test("what is sent to a channel can be looked at; its id may be any text", async () => {
  await using sandbox = await Sandbox.start();
  const agent = sandbox.createWorkspace();
  assertEquals(await send(sandbox, agent, "a%2Fb", { text: "hello" }), [200, {
    status: "sent",
  }]);
  assertEquals(await send(sandbox, agent, "c", { text: "more" }), [200, {
    status: "sent",
  }]);
  assertEquals(sandbox.channelMessages(agent.id), [
    { channelId: "a/b", text: "hello" },
    { channelId: "c", text: "more" },
  ]);
  assertEquals(sandbox.requestsTo("channel").length, 2);
});

Deno.test("a channel takes no message without a text, and none of another workspace", async () => {
  await using sandbox = await Sandbox.start();
  const agent = sandbox.createWorkspace();
  const refused = [400, { error: "text is required" }] as const;
  assertEquals(await send(sandbox, agent, "c", {}), refused);
  assertEquals(await send(sandbox, agent, "c", { text: 7 }), refused);
  const other = sandbox.createWorkspace();
  const foreign = { id: agent.id, token: other.token };
  assertEquals((await send(sandbox, foreign, "c", { text: "x" }))[0], 401);
  assertEquals(sandbox.channelMessages(agent.id), []);
});

Deno.test("a message of a channel says which one it came from", async () => {
  await using sandbox = await Sandbox.start();
  const { id } = sandbox.createWorkspace();
  await sandbox.sendAsChannel(id, "status?", {
    source: "slack",
    channelId: "c-1",
  });
  const [row] = sandbox.rows(id);
  assertEquals(row?.source_id, null);
  const { params } = row?.request_body as { params: { metadata: unknown } };
  assertEquals(params.metadata, { source: "slack", channel_id: "c-1" });
});
