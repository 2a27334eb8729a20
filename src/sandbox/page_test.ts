import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { PAGE_FILES } from "./page/files.ts";
import { Sandbox } from "./sandbox.ts";

Deno.test("the page is open to everybody, loads nothing from elsewhere and has nothing inline", async () => {
  await using sandbox = await Sandbox.start();
  for (const { path, contentType, body } of PAGE_FILES) {
    const answer = await fetch(sandbox.url + path);
    assertEquals(await answer.text(), body);
    assertEquals(answer.headers.get("content-type"), contentType);
    assertEquals(answer.headers.get("x-content-type-options"), "nosniff");
    const policy = answer.headers.get("content-security-policy") ?? "";
    assertStringIncludes(policy, "default-src 'none'; script-src 'self';");
    assert(!policy.includes("unsafe"), policy);
    assert(!/\son\w+=|\sstyle=|innerHTML|insertAdjacent/.test(body), path);
  }
});

Deno.test("every script of the page is served, and every one served is of the page", async () => {
  const scripts: string[] = [];
  for await (const entry of Deno.readDir(new URL("page/", import.meta.url))) {
    if (entry.name.endsWith(".js")) scripts.push(`/page/${entry.name}`);
  }
  const served = PAGE_FILES.map(({ path }) => path)
    .filter((path) => path.endsWith(".js"));
  assertEquals(served.toSorted(), scripts.toSorted());
});

Deno.test("the list and the events of all workspaces are the operator's", async () => {
  await using sandbox = await Sandbox.start();
  const { id, token } = sandbox.createWorkspace({ name: "agent" });
  for (const path of ["/workspaces", "/events/stream"]) {
    for (const bearer of ["", token]) {
      const answer = await fetch(sandbox.url + path, {
        headers: { authorization: `Bearer ${bearer}` },
      });
      assertEquals(answer.status, 401, path);
      await answer.body?.cancel();
    }
  }
  const headers = { authorization: `Bearer ${sandbox.adminToken}` };
  const list = await fetch(`${sandbox.url}/workspaces`, { headers });
  assertEquals(await list.json(), [{
    id,
    name: "agent",
    role: null,
    status: "awaiting_agent",
    agent_card: null,
    active_tasks: 0,
    current_task: "",
    last_sample_error: "",
  }]);
});

Deno.test("one stream has the events of all workspaces, a new card among them", async () => {
  await using sandbox = await Sandbox.start();
  const agent = sandbox.createWorkspace();
  const stream = await fetch(`${sandbox.url}/events/stream`, {
    headers: { authorization: `Bearer ${sandbox.adminToken}` },
  });
  const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
  assertEquals((await reader.read()).value, ": ping\n\n");
  const updated = await fetch(`${sandbox.url}/registry/update-card`, {
    method: "POST",
    headers: { authorization: `Bearer ${agent.token}` },
    body: JSON.stringify({
      workspace_id: agent.id,
      agent_card: { name: "new" },
    }),
  });
  assertEquals(await updated.json(), { status: "updated" });
  const event = JSON.parse((await reader.read()).value!.slice(6));
  assertEquals([event.type, event.workspace_id, event.data], [
    "AGENT_CARD_UPDATED",
    agent.id,
    { agent_card: { name: "new" } },
  ]);
  assertEquals(sandbox.card(agent.id), { name: "new" });
  await reader.cancel();
});

Deno.test("the newer chat names a conversation and its person, the older one sends its last bubbles", async () => {
  await using sandbox = await Sandbox.start();
  const { id } = sandbox.createWorkspace();
  await sandbox.sendAsHuman(id, "new");
  await sandbox.sendAsHuman(id, "old", {
    generation: "2026-06-28",
    history: [{ role: "agent", text: "before" }],
  });
  await sandbox.sendAsHuman(id, "reset", {
    generation: "2026-06-28",
    history: [],
  });
  const params = sandbox.rows(id).map((row) =>
    // deno-lint-ignore no-explicit-any -- any shape is looked at
    (row.request_body as any).params
  );
  assertEquals(params.map(({ message }) => message.contextId), [
    `canvas-${id}`,
    undefined,
    undefined,
  ]);
  assertEquals(params.map(({ metadata }) => metadata), [
    { source: "canvas_user", user_identity_status: "UNAUTHENTICATED" },
    {
      history: [{ role: "agent", parts: [{ kind: "text", text: "before" }] }],
    },
    { history: [] },
  ]);
});

Deno.test("bubbles() are what a reload shows: texts, files, no Stop and no upload", async () => {
  await using sandbox = await Sandbox.start();
  const { id, token } = sandbox.createWorkspace();
  const [uri = ""] = sandbox.uploadAsHuman(id, [{
    name: "a.txt",
    mimeType: "text/plain",
    bytes: new Uint8Array([65]),
  }]);
  const file = { uri, name: "a.txt", mimeType: "text/plain", size: 1 };
  await sandbox.sendAsHuman(id, [{ kind: "file", file }]);
  await sandbox.stop(id);
  for (const message of ["done", "done"]) {
    const told = await fetch(`${sandbox.url}/workspaces/${id}/notify`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ message, attachments: [file] }),
    });
    await told.body?.cancel();
  }
  assertEquals(sandbox.bubbles(id), [
    { role: "user", text: "", attachments: [file] },
    { role: "agent", text: "done", attachments: [file] },
    { role: "agent", text: "done", attachments: [file] },
  ]);
});
