/** What the product is for, against a platform that has no more than the four endpoints it cannot do without. */
import {
  connect,
  type ConnectEvent,
  type ConnectOptions,
  createBackend,
  loadState,
  saveState,
} from "../mod.ts";
import { faults, MinimalPlatform } from "../src/testing/mod.ts";
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";

const W = "ws-target";

async function setUp(options: Partial<ConnectOptions> = {}) {
  const platform = await MinimalPlatform.start();
  const stateDir = await Deno.makeTempDir();
  const events: ConnectEvent[] = [];
  return {
    platform,
    stateDir,
    events,
    options: {
      apiUrl: platform.url,
      workspaceId: W,
      token: "token-of-the-workspace",
      backend: createBackend("mock", { reply: "pong: %s" }),
      stateDir,
      pollIntervalMs: 20,
      heartbeatIntervalMs: 50,
      onEvent: (event: ConnectEvent) => events.push(event),
      ...options,
    } satisfies ConnectOptions,
    [Symbol.asyncDispose]: async () => {
      await platform.close();
      await Deno.remove(stateDir, { recursive: true });
    },
  };
}

/** A row as `MinimalPlatform.queue` takes it. */
function row(
  id: string,
  sourceId: string | null,
  text: string,
): Record<string, unknown> {
  return {
    id,
    activity_type: "a2a_receive",
    method: "message/send",
    source_id: sourceId,
    request_body: {
      jsonrpc: "2.0",
      id: `rpc-${id}`,
      method: "message/send",
      params: {
        message: {
          role: "user",
          messageId: `msg-${id}`,
          parts: [{ type: "text", text }],
        },
      },
    },
  };
}

Deno.test("round trip: a peer's ping is answered once, and the cursor is its row", async () => {
  await using t = await setUp();
  t.platform.queue(W, row("act-1", "ws-source", "ping"));
  {
    await using connection = await connect(t.options);
    await t.platform.waitFor(() => t.platform.requestsTo("a2a").length > 0);
    await t.platform.waitFor(() =>
      t.platform.requestsTo("heartbeat").length > 0
    );
    await connection.close();
    assertEquals(await connection.closed, undefined);
  }
  const posts = t.platform.requestsTo("a2a");
  assertEquals(posts.length, 1);
  assertEquals(posts[0]!.path, "/workspaces/ws-source/a2a");
  const body = posts[0]!.json;
  assertEquals(body.jsonrpc, "2.0");
  assertEquals(body.method, "message/send");
  assertEquals(body.params.message.parts[0].text, "pong: ping");
  assertEquals(body.params.message.role, "agent");
  assertEquals(body.params.message.metadata, {
    in_reply_to: "msg-act-1",
    reply: true,
  });
  assertEquals(t.platform.requestsTo("register").length, 1);
  assertEquals((await loadState(t.stateDir, W)).last_since_id, "act-1");
});

Deno.test("a person's row: the back end runs, nothing goes to any a2a, the cursor moves without a notify", async () => {
  const seen: string[] = [];
  await using t = await setUp();
  t.platform.queue(W, row("act-1", null, "hello"));
  const backend = {
    name: "spy",
    handle: (message: { text: string }) => {
      seen.push(message.text);
      return Promise.resolve({
        parts: [{ kind: "text" as const, text: "hi" }],
      });
    },
  };
  const answered = Promise.withResolvers<void>();
  const connection = await connect({
    ...t.options,
    backend,
    onEvent: (event) => event.type === "answered" && answered.resolve(),
  });
  await answered.promise;
  await connection.close();
  assertEquals(seen, ["hello"]);
  assertEquals(t.platform.requestsTo("a2a").length, 0);
  assertEquals((await loadState(t.stateDir, W)).last_since_id, "act-1");
});

Deno.test("410 for a saved cursor: it is reset, the next row is answered, and the cursor is that row", async () => {
  await using t = await setUp();
  await saveState(t.stateDir, { workspace_id: W, last_since_id: "act-pruned" });
  t.platform.fault(
    "activity",
    faults.status(410, { body: { error: "since_id cursor not found" } }),
  );
  t.platform.queue(W, row("act-2", "ws-source", "ping"));
  const connection = await connect(t.options);
  await t.platform.waitFor(() => t.platform.requestsTo("a2a").length > 0);
  await connection.close();
  const reads = t.platform.requestsTo("activity");
  assertEquals(reads[0]!.query.get("since_id"), "act-pruned");
  assertEquals(reads[1]!.query.get("since_id"), null);
  assertEquals(t.events.some((event) => event.type === "cursor_reset"), true);
  assertEquals((await loadState(t.stateDir, W)).last_since_id, "act-2");
});

Deno.test("register answered 401: connect() rejects and says so", async () => {
  await using t = await setUp();
  t.platform.fault(
    "register",
    faults.status(401, { body: { error: "invalid workspace auth token" } }),
  );
  const error = await assertRejects(
    () => connect(t.options),
    Error,
    "register",
  );
  assertStringIncludes(error.message, "401");
  // The lock is free again.
  await (await connect(t.options)).close();
});

Deno.test("register answered 503, then 200: connected on the second attempt", async () => {
  await using t = await setUp();
  t.platform.fault("register", faults.status(503));
  const connection = await connect(t.options);
  await connection.close();
  assertEquals(t.platform.requestsTo("register").length, 2);
});

for (
  const [field, options] of [["backend", { backend: undefined }], [
    "workspaceId",
    { workspaceId: "" },
  ]] as const
) {
  Deno.test(`no ${field}: rejected before any request, naming the field`, async () => {
    await using t = await setUp();
    await assertRejects(
      () => connect({ ...t.options, ...options } as ConnectOptions),
      Error,
      field,
    );
    assertEquals(t.platform.requests.length, 0);
    assertEquals([...Deno.readDirSync(t.stateDir)], []);
  });
}
