import { assertEquals, assertRejects } from "@std/assert";
import * as faults from "./faults.ts";
import { MinimalPlatform } from "./minimal_platform.ts";

async function call(
  platform: MinimalPlatform,
  method: string,
  path: string,
): Promise<[number, string]> {
  const answer = await fetch(platform.url + path, {
    method,
    ...(method === "POST" ? { body: "{}" } : {}),
  });
  return [answer.status, await answer.text()];
}

Deno.test("the minimal platform has four endpoints, the rest is an empty 404", async () => {
  await using platform = await MinimalPlatform.start();
  for (
    const path of [
      "/registry/register",
      "/registry/heartbeat",
      "/workspaces/ws-target/a2a",
    ]
  ) assertEquals(await call(platform, "POST", path), [200, ""], path);
  const feed = "/workspaces/ws-target/activity?since_id=nonsense&limit=0";
  assertEquals(await call(platform, "GET", feed), [200, "[]"]);
  for (const path of ["/workspaces/ws-target", "/health", "/"]) {
    assertEquals(await call(platform, "GET", path), [404, ""], path);
  }
  assertEquals(platform.requests.map((request) => request.endpoint), [
    "register",
    "heartbeat",
    "a2a",
    "activity",
    "other",
    "other",
    "other",
  ]);
});

Deno.test("each row is handed out once, in order, to its own workspace", async () => {
  await using platform = await MinimalPlatform.start();
  platform.queueMessage("ws-target", "one");
  platform.queueMessage("ws-target", "two", { id: "act-x" });
  platform.queue("ws-other", { id: "raw" });
  assertEquals(platform.waiting("ws-target"), 2);
  const read = async (id: string) => {
    const [, text] = await call(platform, "GET", `/workspaces/${id}/activity`);
    return JSON.parse(text);
  };
  const rows = await read("ws-target");
  assertEquals(rows.map((row: { id: string }) => row.id), ["act-1", "act-x"]);
  assertEquals(rows[0].request_body.params.message.parts, [
    { type: "text", text: "one" },
  ]);
  assertEquals(await read("ws-target"), []);
  assertEquals(await read("ws-other"), [{ id: "raw" }]);
});

Deno.test("the minimal platform fails on order, and rows that were not handed out stay", async () => {
  await using platform = await MinimalPlatform.start();
  platform.queueMessage("w", "one");
  platform.fault("register", faults.status(503, { body: "" }));
  platform.fault("activity", faults.status(410));
  const feed = "/workspaces/w/activity";
  assertEquals((await call(platform, "POST", "/registry/register"))[0], 503);
  assertEquals((await call(platform, "POST", "/registry/register"))[0], 200);
  assertEquals((await call(platform, "GET", feed))[0], 410);
  assertEquals(platform.waiting("w"), 1);
  platform.fault("activity", faults.cut());
  await assertRejects(() => call(platform, "GET", feed), TypeError);
  assertEquals(await call(platform, "GET", feed), [200, "[]"]);
});

Deno.test("the minimal platform goes down and comes back", async () => {
  await using platform = await MinimalPlatform.start();
  const waited = platform.waitFor(() =>
    platform.requestsTo("heartbeat").at(-1)?.json
  );
  await platform.goDown();
  const beat = () => call(platform, "POST", "/registry/heartbeat");
  await assertRejects(beat, TypeError);
  await platform.comeBack();
  assertEquals(await beat(), [200, ""]);
  assertEquals(await waited, {});
});
