/** What requests carry: headers, bodies, queries. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { messageSend } from "../a2a/envelope.ts";
import { TransientError } from "../errors.ts";
import type { PlatformClient } from "./client.ts";
import type { ActivityQuery } from "./wire.ts";
import { ScriptedPlatform, TOKEN, W } from "./scripted_platform_test.ts";

const signal = new AbortController().signal;
const ok = () => new Response("{}");
const rows = () => new Response("[]");

async function headersOf(
  options: Parameters<ScriptedPlatform["client"]>[0],
  call: (client: PlatformClient) => Promise<unknown> = (client) =>
    client.notify("hi", signal),
): Promise<Headers> {
  await using platform = new ScriptedPlatform(ok);
  await call(platform.client(options));
  return platform.asked[0]!.headers;
}

Deno.test("every request carries the token and the workspace, and no Origin", async () => {
  const headers = await headersOf({});
  assertEquals(headers.get("authorization"), `Bearer ${TOKEN}`);
  assertEquals(headers.get("x-workspace-id"), W);
  assertEquals(headers.get("content-type"), "application/json");
  assertEquals(headers.get("origin"), null);
  assertEquals(headers.get("x-molecule-org-id"), null);
});

Deno.test("a UUID goes over the wire in lower case, another id as it is", async () => {
  const upper = await headersOf({ workspaceId: W.toUpperCase() });
  assertEquals(upper.get("x-workspace-id"), W);
  const other = await headersOf({ workspaceId: "WS-Target" });
  assertEquals(other.get("x-workspace-id"), "WS-Target");
});

Deno.test("without a token there is no bearer; an adopted one is used from then on", async () => {
  assertEquals((await headersOf({ token: "" })).get("authorization"), null);
  const adopted = await headersOf({ token: "" }, (client) => {
    client.adoptToken("minted-1");
    return client.notify("hi", signal);
  });
  assertEquals(adopted.get("authorization"), "Bearer minted-1");
});

Deno.test("the organisation goes with every request where there is one", async () => {
  assertEquals(
    (await headersOf({ orgId: "o-1" })).get("x-molecule-org-id"),
    "o-1",
  );
  assertEquals((await headersOf({ orgId: "" })).get("x-molecule-org-id"), null);
});

Deno.test("an id is escaped in a path", async () => {
  await using platform = new ScriptedPlatform(rows);
  const client = platform.client({ workspaceId: "a:b" });
  await client.activity({ limit: 1 }, signal);
  await client.lookUp("c d/e", signal);
  assertEquals(
    platform.asked.map(({ url }) => url.pathname),
    ["/workspaces/a%3Ab/activity", "/workspaces/c%20d%2Fe"],
  );
});

Deno.test("a base path of the platform stays before every path", async () => {
  await using platform = new ScriptedPlatform(ok);
  await platform.client({ apiUrl: `${platform.url}/base` }).notify(
    "hi",
    signal,
  );
  assertEquals(
    platform.asked[0]!.url.pathname,
    `/base/workspaces/${W}/notify`,
  );
});

Deno.test("register says that this workspace polls, and gives its card without an address", async () => {
  await using platform = new ScriptedPlatform(ok);
  const card = { name: "a", description: "b", version: "1" };
  await platform.client().register(card, signal);
  assertEquals(JSON.parse(platform.asked[0]!.body), {
    id: W,
    agent_card: card,
    delivery_mode: "poll",
  });
});

Deno.test("a heartbeat says what it is given, and an empty runtime_state", async () => {
  await using platform = new ScriptedPlatform(ok);
  const beat = {
    error_rate: 0.5,
    sample_error: "e",
    active_tasks: 2,
    current_task: "t",
    uptime_seconds: 3,
  };
  await platform.client().heartbeat(() => beat, signal);
  assertEquals(JSON.parse(platform.asked[0]!.body), {
    workspace_id: W,
    ...beat,
    runtime_state: "",
  });
});

Deno.test("an activity of our own goes to our own feed, without secrets", async () => {
  await using platform = new ScriptedPlatform(ok);
  const client = platform.client({
    redact: (text) => text.replaceAll("s3cret", "[redacted]"),
  });
  const line = {
    activity_type: "task_update",
    summary: "Using s3cret",
  } as const;
  await client.logActivity(line, signal);
  const { url, body } = platform.asked[0]!;
  assertEquals(url.pathname, `/workspaces/${W}/activity`);
  assertEquals(JSON.parse(body), { ...line, summary: "Using [redacted]" });
  platform.script = () => new Response(null, { status: 500 });
  await assertRejects(() => client.logActivity(line, signal), TransientError);
});

Deno.test("notify sends the text, a2a the envelope", async () => {
  await using platform = new ScriptedPlatform(ok);
  const message = messageSend({
    id: "m",
    contextId: "",
    taskId: "",
    parts: [],
    metadata: {},
  });
  await platform.client().notify("hi", signal);
  await platform.client().a2a("p-1", message, signal);
  assertEquals(
    platform.asked.map((
      { url, body },
    ) => [url.pathname, JSON.parse(body)]),
    [
      [`/workspaces/${W}/notify`, { message: "hi" }],
      ["/workspaces/p-1/a2a", message],
    ],
  );
});

const QUERIES: readonly (readonly [ActivityQuery, Record<string, string>])[] = [
  [{ limit: 50 }, {}],
  [{ limit: 50, sinceId: "a+b" }, { since_id: "a+b" }],
  [{ limit: 50, sinceSecs: 30 }, { since_secs: "30" }],
  [{ limit: 50, beforeMicros: 1 }, {
    before_ts: "1970-01-01T00:00:00.000001Z",
  }],
  [{ limit: 50, canvasOnly: true }, { source: "canvas" }],
];
for (const [query, parameters] of QUERIES) {
  Deno.test(`the feed is asked with ${JSON.stringify(query)}`, async () => {
    await using platform = new ScriptedPlatform(rows);
    await platform.client().activity(query, signal);
    const { searchParams } = platform.asked[0]!.url;
    assertEquals(Object.fromEntries(searchParams), {
      type: "a2a_receive",
      limit: "50",
      include: "peer_info",
      ...parameters,
    });
  });
}

Deno.test("a page counts what is no row, its length, and the platform's clock", async () => {
  await using platform = new ScriptedPlatform(() =>
    Response.json([{ id: "r-1" }, null, { id: "" }], {
      headers: { date: "Fri, 14 Aug 2026 09:33:04 GMT" },
    })
  );
  const client = platform.client();
  const page = await client.activity({ limit: 50 }, signal);
  assertEquals(page.rows.map((row) => row.id), ["r-1"]);
  assertEquals(page.unreadable, 2);
  assertEquals(page.bytes, 29);
  assertEquals(page.date, Date.UTC(2026, 7, 14, 9, 33, 4));
  assert(
    Math.abs(client.platformNow() - page.date) < 60_000,
    "its clock is followed",
  );
});

Deno.test("a page longer than 32 MiB is too large, but not one of a single row", async () => {
  const page = `[{"id":"r-1","x":"${"y".repeat(33 * 1024 * 1024)}"}]`;
  await using platform = new ScriptedPlatform(() => new Response(page));
  const client = platform.client();
  const error = await assertRejects(
    () => client.activity({ limit: 2 }, signal),
    TransientError,
  );
  assertEquals(error.name, "TransientError");
  assertEquals((await client.activity({ limit: 1 }, signal)).rows.length, 1);
});

Deno.test("register and update-card carry the whole card, and no secret that stands in it", async () => {
  await using platform = new ScriptedPlatform(ok);
  const client = platform.client({
    redact: (text) => text.replaceAll("s3cret", "[redacted]"),
  });
  const card = {
    name: "A",
    description: "knows s3cret",
    version: "1",
    skills: [{ id: "x", name: "of s3cret", description: "y" }],
  };
  const shown = {
    ...card,
    description: "knows [redacted]",
    skills: [{ id: "x", name: "of [redacted]", description: "y" }],
  };
  await client.register(card, signal);
  await client.updateCard(card, signal);
  assertEquals(
    platform.asked.map(({ url, body }) => [url.pathname, JSON.parse(body)]),
    [
      ["/registry/register", {
        id: W,
        agent_card: shown,
        delivery_mode: "poll",
      }],
      ["/registry/update-card", { workspace_id: W, agent_card: shown }],
    ],
  );
});
