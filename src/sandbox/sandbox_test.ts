import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import { Sandbox } from "./sandbox.ts";

type Json = Record<string, unknown>;

/** Calls the platform with a bearer; the answer's status and JSON. */
async function call(
  sandbox: Sandbox,
  method: string,
  path: string,
  init: { token?: string; body?: unknown; headers?: HeadersInit } = {},
): Promise<{ status: number; json: Json; headers: Headers }> {
  const headers = new Headers(init.headers);
  if (init.token !== undefined) {
    headers.set("authorization", `Bearer ${init.token}`);
  }
  const answer = await fetch(sandbox.url + path, {
    method,
    headers,
    redirect: "manual",
    ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    json: text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : {},
    headers: answer.headers,
  };
}

const card = { name: "agent" };

Deno.test("people, peers and the Stop button leave the rows that they leave on the platform", async () => {
  await using sandbox = await Sandbox.start();
  const { id } = sandbox.createWorkspace({ name: "Builder" });
  const peer = sandbox.createWorkspace();
  const asked = await sandbox.sendAsHuman(id, "Ping");
  const written = await sandbox.sendAsPeer(peer.id, id, "812?", {
    contextId: "c",
    messageId: "m",
    metadata: { reply: true },
  });
  const stopped = await sandbox.stop(id);
  const rows = sandbox.rows(id);
  assertEquals(rows.map((row) => row.id), [asked, written, stopped]);
  assertEquals(rows.map((row) => row.source_id), [null, peer.id, null]);
  assertEquals(rows[2]?.method, "tasks/cancel");
  assertEquals(
    sandbox.messagesTo(id).map(({ text, contextId }) => [text, contextId]),
    [["Ping", `canvas-${id}`], ["812?", "c"]],
  );
  assertEquals(sandbox.messagesTo(id)[1]?.metadata, { reply: true });
});

Deno.test("a repeated message id is one message for a workspace that polls", async () => {
  await using sandbox = await Sandbox.start();
  const { id } = sandbox.createWorkspace();
  const first = await sandbox.sendAsHuman(id, "one", { messageId: "m" });
  assertEquals(await sandbox.sendAsHuman(id, "two", { messageId: "m" }), first);
  assertEquals(sandbox.messagesTo(id).map((message) => message.text), ["one"]);
});

Deno.test("a row with an earlier time is shown late", async () => {
  await using sandbox = await Sandbox.start();
  const { id, token } = sandbox.createWorkspace();
  const cursor = await sandbox.sendAsHuman(id, "now");
  await sandbox.sendAsHuman(id, "late", { createdAt: sandbox.time(1_000) });
  const path = `/workspaces/${id}/activity?since_id=${cursor}`;
  const { json } = await call(sandbox, "GET", path, { token });
  assertEquals(json.length, 0);
  assertEquals(sandbox.messagesTo(id).map((message) => message.text), [
    "now",
    "late",
  ]);
  assertEquals(sandbox.rows(id)[1]?.id, cursor);
});

Deno.test("held rows show on release, before rows that came later", async () => {
  await using sandbox = await Sandbox.start();
  const { id } = sandbox.createWorkspace();
  const held = sandbox.holdRows(id);
  const early = await sandbox.sendAsHuman(id, "early");
  assertEquals(sandbox.rows(id), []);
  held.release();
  const later = await sandbox.sendAsHuman(id, "later");
  assertEquals(sandbox.rows(id).map((row) => row.id), [early, later]);
});

Deno.test("prune() loses cursors", async () => {
  await using sandbox = await Sandbox.start();
  const { id, token } = sandbox.createWorkspace();
  const first = await sandbox.sendAsHuman(id, "one");
  const second = await sandbox.sendAsHuman(id, "two");
  sandbox.prune(id, first);
  assertEquals(sandbox.rows(id).map((row) => row.id), [second]);
  const path = `/workspaces/${id}/activity?since_id=${first}`;
  assertEquals((await call(sandbox, "GET", path, { token })).status, 410);
  sandbox.prune(id);
  assertEquals(sandbox.rows(id), []);
});

Deno.test("insertRow() puts in any row; a big one grows on the way out as on the platform", async () => {
  await using sandbox = await Sandbox.start();
  const { id, token } = sandbox.createWorkspace();
  const text = "<".repeat(1_000_000);
  sandbox.insertRow(id, { method: "message/send", request_body: { text } });
  const answer = await fetch(`${sandbox.url}/workspaces/${id}/activity`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const page = await answer.text();
  assert(page.includes("\\u003c".repeat(1_000_000)));
  assertEquals(JSON.parse(page)[0].request_body.text, text);
});

Deno.test("it remembers registrations, heartbeats and what the person saw", async () => {
  await using sandbox = await Sandbox.start();
  const { id, token } = sandbox.createWorkspace();
  const beat = { workspace_id: id, active_tasks: 1 };
  const body = { id, delivery_mode: "poll", agent_card: card };
  await call(sandbox, "POST", "/registry/register", { token, body });
  await call(sandbox, "POST", "/registry/register", { body });
  await call(sandbox, "POST", "/registry/heartbeat", { token, body: beat });
  const notify = `/workspaces/${id}/notify`;
  await call(sandbox, "POST", notify, { token, body: { message: "hi" } });
  sandbox.mute(id);
  await call(sandbox, "POST", notify, { token, body: { message: "muted" } });
  assertEquals(sandbox.registrations(id), [body]);
  assertEquals(sandbox.heartbeats(id), [beat]);
  assertEquals(sandbox.notifies(id), ["hi"]);
  assertEquals(sandbox.status(id), "online");
  assertEquals(
    sandbox.requestsTo("register").map((request) => request.status),
    [200, 401],
  );
});

Deno.test("a workspace without a heartbeat for three minutes awaits its agent", async () => {
  let now = Date.UTC(2026, 7, 14);
  await using sandbox = await Sandbox.start({ now: () => now });
  const { id, token } = sandbox.createWorkspace();
  const body = { id, delivery_mode: "poll", agent_card: card };
  await call(sandbox, "POST", "/registry/register", { token, body });
  now += 179_000;
  assertEquals(sandbox.status(id), "online");
  now += 1_000;
  assertEquals(sandbox.status(id), "awaiting_agent");
});

Deno.test("rotating ends the old token, revoking lets register mint", async () => {
  await using sandbox = await Sandbox.start();
  const { id, token } = sandbox.createWorkspace();
  const path = `/workspaces/${id}/activity`;
  const next = sandbox.rotateToken(id);
  assertEquals((await call(sandbox, "GET", path, { token })).status, 401);
  assertEquals((await call(sandbox, "GET", path, { token: next })).status, 200);
  sandbox.revokeTokens(id);
  const body = { id, delivery_mode: "poll", agent_card: card };
  const { json } = await call(sandbox, "POST", "/registry/register", {
    token: next,
    body,
  });
  const minted = String(json.auth_token);
  assertNotEquals(minted, next);
  assertEquals(
    (await call(sandbox, "GET", path, { token: minted })).status,
    200,
  );
});

Deno.test("a same-host Origin is allowed and identifies nobody", async () => {
  await using sandbox = await Sandbox.start();
  const { id } = sandbox.createWorkspace();
  const headers = { origin: sandbox.url };
  const body = { method: "message/send", params: {} };
  const answer = await call(sandbox, "POST", `/workspaces/${id}/a2a`, {
    headers,
    body,
  });
  assertEquals(answer.status, 401);
  assertEquals(answer.json, { error: "missing caller auth token" });
});

Deno.test("a tenant wants its organisation named, on all but the open paths", async () => {
  const orgId = "0b0d8e0e-5e3c-4ac5-9a2f-6a6a6f1f1f10";
  await using sandbox = await Sandbox.start({ tenant: { orgId } });
  const { id } = sandbox.createWorkspace();
  const path = `/workspaces/${id}`;
  const status = async (headers: HeadersInit) =>
    (await call(sandbox, "GET", path, { headers })).status;
  assertEquals(await status({ "x-molecule-org-id": orgId }), 200);
  assertEquals(await status({ "x-molecule-org-id": "other" }), 404);
  assertEquals(await status({ origin: sandbox.url }), 400);
  const refused = await call(sandbox, "GET", path);
  assertEquals(refused.json.code, "TENANT_ORG_HEADER_REQUIRED");
  assertEquals((await call(sandbox, "GET", "/health")).status, 200);
});

Deno.test("a tenant that serves the web UI takes a same-host Origin as well", async () => {
  const tenant = { orgId: "org", acceptOrigin: true };
  await using sandbox = await Sandbox.start({ tenant });
  const { id } = sandbox.createWorkspace();
  const headers = { origin: sandbox.url };
  const answer = await call(sandbox, "GET", `/workspaces/${id}`, { headers });
  assertEquals(answer.status, 200);
});

Deno.test("the request limit counts per token and tells when it ends", async () => {
  let now = 0;
  await using sandbox = await Sandbox.start({
    rateLimit: { limit: 1, windowSecs: 60 },
    now: () => now,
  });
  const one = sandbox.createWorkspace();
  const two = sandbox.createWorkspace();
  const read = ({ id, token }: typeof one) =>
    call(sandbox, "GET", `/workspaces/${id}/activity`, { token });
  assertEquals((await read(one)).headers.get("x-ratelimit-remaining"), "0");
  now += 30_000;
  const refused = await read(one);
  assertEquals(refused.status, 429);
  assertEquals(refused.headers.get("retry-after"), "30");
  assertEquals(refused.json, { error: "rate limit exceeded", retry_after: 30 });
  assertEquals((await read(two)).status, 200);
  now += 30_000;
  assertEquals((await read(one)).status, 200);
});

Deno.test("without a limit nothing is ever used up", async () => {
  await using sandbox = await Sandbox.start();
  const { headers } = await call(sandbox, "GET", "/health");
  assertEquals(headers.get("x-ratelimit-limit"), "600");
  assertEquals(headers.get("x-ratelimit-remaining"), "599");
});

Deno.test("a clock that is wrong shows in rows and in the Date header", async () => {
  const now = Date.UTC(2026, 7, 14);
  await using sandbox = await Sandbox.start({
    now: () => now,
    clockOffsetMs: 60_000,
  });
  const { id } = sandbox.createWorkspace();
  await sandbox.sendAsHuman(id, "hello");
  assertEquals(sandbox.rows(id)[0]?.created_at, "2026-08-14T00:01:00Z");
  sandbox.clock.dateOffsetMs = 3_600_000;
  const { headers } = await call(sandbox, "GET", "/health");
  assertEquals(headers.get("date"), "Fri, 14 Aug 2026 01:01:00 GMT");
});

Deno.test("a path with a slash too much is redirected", async () => {
  await using sandbox = await Sandbox.start();
  const get = await call(sandbox, "GET", "/health/");
  assertEquals([get.status, get.headers.get("location")], [301, "/health"]);
  const post = await call(sandbox, "POST", "/registry/register/");
  assertEquals(post.status, 307);
  assertEquals((await call(sandbox, "GET", "//health")).status, 404);
});

Deno.test("it goes down and comes back on its port, with its state", async () => {
  await using sandbox = await Sandbox.start();
  const { id, token } = sandbox.createWorkspace();
  const { url } = sandbox;
  await sandbox.goDown();
  await assertRejects(() => call(sandbox, "GET", "/health"), TypeError);
  await sandbox.sendAsHuman(id, "meanwhile");
  await sandbox.comeBack();
  assertEquals(sandbox.url, url);
  const path = `/workspaces/${id}/activity`;
  const { json } = await call(sandbox, "GET", path, { token });
  assertEquals(json.length, 1);
});

Deno.test("requests are kept with headers, query and body, up to a number", async () => {
  await using sandbox = await Sandbox.start({ keepRequests: 2 });
  const body = { workspace_id: "w" };
  for (let n = 0; n < 4; n++) {
    await call(sandbox, "POST", `/registry/heartbeat?n=${n}`, {
      token: "t",
      body,
    });
  }
  const last = sandbox.requests.at(-1);
  assert(sandbox.requests.length < 4);
  assertEquals(last?.endpoint, "heartbeat");
  assertEquals(last?.headers.get("authorization"), "Bearer t");
  assertEquals(last?.query.get("n"), "3");
  assertEquals(last?.json, body);
});

Deno.test("open streams get events, outlive a removal and end with the sandbox", async () => {
  const sandbox = await Sandbox.start();
  const { id, token } = sandbox.createWorkspace();
  const answer = await fetch(`${sandbox.url}/workspaces/${id}/events/stream`, {
    headers: { authorization: `Bearer ${token}` },
  });
  assertEquals(sandbox.openStreams(id), 1);
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  assertEquals((await reader.read()).value, ": ping\n\n");
  sandbox.removeWorkspace(id);
  const event = (await reader.read()).value ?? "";
  assertEquals(JSON.parse(event.slice(6)).type, "WORKSPACE_REMOVED");
  sandbox.emit(id, "CUSTOM", { n: 1 });
  assertEquals(JSON.parse((await reader.read()).value!.slice(6)).data, {
    n: 1,
  });
  const end = reader.read();
  await Promise.all([sandbox.close(), assertRejects(() => end, TypeError)]);
  assertEquals(sandbox.openStreams(id), 0);
});

Deno.test("endStreams() closes streams in an orderly way", async () => {
  await using sandbox = await Sandbox.start();
  const { id, token } = sandbox.createWorkspace();
  const answer = await fetch(`${sandbox.url}/workspaces/${id}/events/stream`, {
    headers: { authorization: `Bearer ${token}` },
  });
  sandbox.endStreams(id);
  assertEquals(await answer.text(), ": ping\n\n");
});

Deno.test("a file of the person can be fetched by its workspace", async () => {
  await using sandbox = await Sandbox.start();
  const { id, token } = sandbox.createWorkspace();
  const bytes = new TextEncoder().encode("hello");
  const [uri = ""] = sandbox.uploadAsHuman(id, [
    { name: "Ümläut notes.txt", mimeType: "text/plain", bytes },
  ]);
  const fileId = uri.slice(`platform-pending:${id}/`.length);
  const answer = await fetch(
    `${sandbox.url}/workspaces/${id}/pending-uploads/${fileId}/content`,
    { headers: { authorization: `Bearer ${token}` } },
  );
  assertEquals(await answer.text(), "hello");
  assertEquals(
    answer.headers.get("content-disposition"),
    `attachment; filename="_ml_ut_notes.txt"; filename*=UTF-8''_ml_ut_notes.txt`,
  );
});
