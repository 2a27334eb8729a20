import { assertEquals } from "@std/assert";
import { Sandbox } from "./sandbox.ts";

/** A sandbox with a push workspace whose agent is `handler`, and a peer that writes to it. */
async function setUp(
  handler: (request: Request) => Response | Promise<Response>,
) {
  const sandbox = await Sandbox.start();
  const agent = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    handler,
  );
  const url = `http://127.0.0.1:${agent.addr.port}/a2a`;
  const target = sandbox.createWorkspace({ url });
  const peer = sandbox.createWorkspace();
  const send = async (messageId = "m") => {
    const answer = await fetch(`${sandbox.url}/workspaces/${target.id}/a2a`, {
      method: "POST",
      headers: { authorization: `Bearer ${peer.token}` },
      body: JSON.stringify({
        jsonrpc: "2.0",
        id: "1",
        method: "message/send",
        params: {
          message: { messageId, parts: [{ type: "text", text: "hi" }] },
        },
      }),
    });
    return { answer, text: await answer.text() };
  };
  return {
    sandbox,
    target,
    send,
    async [Symbol.asyncDispose]() {
      await sandbox.close();
      await agent.shutdown();
    },
  };
}

Deno.test("a push agent gets the completed envelope, and its answer is the sender's", async () => {
  const seen: { body: unknown; bearer: string | null }[] = [];
  await using given = await setUp(async (request) => {
    seen.push({
      body: await request.json(),
      bearer: request.headers.get("authorization"),
    });
    return Response.json({ jsonrpc: "2.0", id: "1", result: "done" });
  });
  const { sandbox, target, send } = given;
  const { answer, text } = await send();
  assertEquals(answer.status, 200);
  assertEquals(JSON.parse(text).result, "done");
  assertEquals(seen[0]?.body, {
    jsonrpc: "2.0",
    id: "1",
    method: "message/send",
    params: {
      message: {
        role: "user",
        messageId: "m",
        parts: [{ kind: "text", text: "hi" }],
      },
    },
  });
  assertEquals(seen[0]?.bearer?.startsWith("Bearer "), true);
  const [row] = sandbox.rows(target.id);
  assertEquals(row?.status, "ok");
  assertEquals(row?.response_body, { jsonrpc: "2.0", id: "1", result: "done" });
});

Deno.test("every post is a new turn of a push agent, though only one row", async () => {
  await using given = await setUp(() => Response.json({ result: 1 }));
  const { sandbox, target, send } = given;
  await send();
  await send();
  assertEquals(sandbox.messagesTo(target.id).length, 2);
  assertEquals(sandbox.rows(target.id).length, 1);
});

Deno.test("the agent's own refusal is passed on", async () => {
  await using given = await setUp(() =>
    Response.json({ error: "not today" }, {
      status: 429,
      headers: { "retry-after": "9" },
    })
  );
  const { sandbox, target, send } = given;
  const { answer, text } = await send();
  assertEquals(answer.status, 429);
  assertEquals(answer.headers.get("retry-after"), "9");
  assertEquals(text, `{"error":"not today"}`);
  assertEquals(sandbox.rows(target.id)[0]?.status, "error");
});

Deno.test("a refusal without words gets the status text, an empty answer a word of its own", async () => {
  let status = 401;
  await using given = await setUp(() => new Response(null, { status }));
  assertEquals((await given.send()).text, `{"error":"Unauthorized"}`);
  status = 200;
  assertEquals(
    (await given.send("m2")).text,
    `{"error":"agent returned empty response body"}`,
  );
});

Deno.test("an agent that is not there is 502, one that drops the call 202", async () => {
  await using sandbox = await Sandbox.start();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${listener.addr.port}/a2a`;
  const target = sandbox.createWorkspace({ url });
  const peer = sandbox.createWorkspace();
  const send = async () => {
    const answer = await fetch(`${sandbox.url}/workspaces/${target.id}/a2a`, {
      method: "POST",
      headers: { authorization: `Bearer ${peer.token}` },
      body: JSON.stringify({ jsonrpc: "2.0", method: "message/send" }),
    });
    return [answer.status, await answer.json()];
  };
  const dropping = (async () => {
    using connection = await listener.accept();
    await connection.read(new Uint8Array(1));
  })();
  const [status, body] = await send();
  assertEquals([status, body.queued, body.queue_depth], [202, true, 1]);
  await dropping;
  listener.close();
  assertEquals(await send(), [502, {
    error: "failed to reach workspace agent",
  }]);
});
