import { assert, assertEquals, assertRejects } from "@std/assert";
import * as faults from "./faults.ts";
import { Sandbox } from "./sandbox.ts";

/** A sandbox with one workspace, and calls in that workspace's name. */
async function setUp() {
  const sandbox = await Sandbox.start();
  const { id, token } = sandbox.createWorkspace();
  const headers = { authorization: `Bearer ${token}` };
  const feed = (init: RequestInit = {}) =>
    fetch(`${sandbox.url}/workspaces/${id}/activity`, { headers, ...init });
  const notify = (message: string, init: RequestInit = {}) =>
    fetch(`${sandbox.url}/workspaces/${id}/notify`, {
      method: "POST",
      headers,
      body: JSON.stringify({ message }),
      ...init,
    });
  return {
    sandbox,
    id,
    feed,
    notify,
    [Symbol.asyncDispose]: () => sandbox.close(),
  };
}

Deno.test("status() spoils so many requests as asked and has no effect", async () => {
  await using given = await setUp();
  const { sandbox, id, notify } = given;
  const fault = sandbox.fault(
    "notify",
    faults.status(503, { headers: { "retry-after": "7" } }),
    { times: 2 },
  );
  const answers = [await notify("1"), await notify("2"), await notify("3")];
  assertEquals(answers.map((answer) => answer.status), [503, 503, 200]);
  assertEquals(answers[0]?.headers.get("retry-after"), "7");
  assertEquals(await answers[0]?.json(), { error: "scripted fault" });
  assertEquals(fault.hits, 2);
  assert(fault.spent);
  assertEquals(sandbox.notifies(id), ["3"]);
  await answers[1]?.body?.cancel();
  await answers[2]?.body?.cancel();
});

Deno.test("a fault applies only when it is asked to, and to its endpoint", async () => {
  await using given = await setUp();
  const { sandbox, feed, notify } = given;
  sandbox.fault("notify", faults.status(500, { body: "" }), {
    times: Infinity,
    when: (request) => request.json.message === "bad",
  });
  for (const answer of [await notify("bad"), await notify("bad")]) {
    assertEquals([answer.status, await answer.text()], [500, ""]);
  }
  assertEquals(await (await notify("good")).json(), { status: "sent" });
  assertEquals((await (await feed()).json()).length, 1);
  sandbox.clearFaults();
  assertEquals(await (await notify("bad")).json(), { status: "sent" });
});

Deno.test("html() and redirect() answer in the proxy's name", async () => {
  await using given = await setUp();
  const { sandbox, feed } = given;
  sandbox.fault("activity", faults.html());
  const page = await feed();
  assertEquals(page.status, 200);
  assert(page.headers.get("content-type")?.startsWith("text/html"));
  assert((await page.text()).startsWith("<!doctype html>"));
  sandbox.fault("activity", faults.redirect("https://elsewhere.example/"));
  const redirect = await feed({ redirect: "manual" });
  assertEquals(redirect.status, 307);
  assertEquals(redirect.headers.get("location"), "https://elsewhere.example/");
  await redirect.body?.cancel();
});

Deno.test("cut() breaks the body off after the request took effect", async () => {
  await using given = await setUp();
  const { sandbox, id, notify } = given;
  sandbox.fault("notify", faults.cut());
  const answer = await notify("heard");
  assertEquals(answer.status, 200);
  await assertRejects(() => answer.text(), TypeError);
  assertEquals(sandbox.notifies(id), ["heard"]);
});

Deno.test("cut({ accept: false }) has no effect, and cuts an array too", async () => {
  await using given = await setUp();
  const { sandbox, id, feed, notify } = given;
  sandbox.fault("notify", faults.cut({ accept: false }));
  await assertRejects(async () => await (await notify("lost")).text());
  assertEquals(sandbox.notifies(id), []);
  sandbox.fault("activity", faults.cut());
  await assertRejects(async () => await (await feed()).text());
});

Deno.test("hang() never answers, and close() ends it", async () => {
  const { sandbox, id, notify } = await setUp();
  sandbox.fault("notify", faults.hang());
  sandbox.fault("notify", faults.hang({ accept: true }));
  const hung = [notify("not heard"), notify("heard")];
  await sandbox.waitFor(() => sandbox.requestsTo("notify").length === 2);
  await sandbox.waitFor(() => sandbox.notifies(id).length === 1);
  assertEquals(sandbox.requests.map((request) => request.status), [
    undefined,
    undefined,
  ]);
  await sandbox.close();
  for (const call of hung) await assertRejects(() => call, TypeError);
});

Deno.test("until() holds a request back, answerAfter() only its answer", async () => {
  await using given = await setUp();
  const { sandbox, id, notify } = given;
  const released = Promise.withResolvers<void>();
  sandbox.fault("notify", faults.until(released.promise));
  sandbox.fault("notify", faults.answerAfter(released.promise));
  const first = notify("first");
  await sandbox.waitFor(() => sandbox.requestsTo("notify").length === 1);
  const second = notify("second");
  await sandbox.waitFor(() => sandbox.notifies(id).length === 1);
  assertEquals(sandbox.notifies(id), ["second"]);
  released.resolve();
  assertEquals(await (await first).json(), { status: "sent" });
  assertEquals(await (await second).json(), { status: "sent" });
  assertEquals(sandbox.notifies(id), ["second", "first"]);
});

Deno.test("drip() gives the whole answer piece by piece", async () => {
  await using given = await setUp();
  const { sandbox, feed } = given;
  sandbox.fault("activity", faults.drip(0));
  const pieces: string[] = [];
  const answer = await feed();
  const text = answer.body!.pipeThrough(new TextDecoderStream());
  for await (const piece of text) pieces.push(piece);
  assertEquals(pieces.join(""), "[]");
});

Deno.test("drip() ends with the reader and with the sandbox", async () => {
  await using given = await setUp();
  const { sandbox, feed } = given;
  sandbox.fault("activity", faults.drip(3_600_000), { times: 2 });
  const left = await feed();
  await left.body?.cancel();
  const cut = await feed();
  await sandbox.goDown();
  await assertRejects(() => cut.text(), TypeError);
});

Deno.test("duplicateRows() gives every row twice", async () => {
  await using given = await setUp();
  const { sandbox, id, feed } = given;
  const rowId = await sandbox.sendAsHuman(id, "hello");
  sandbox.fault("activity", faults.duplicateRows());
  const ids = (rows: { id: string }[]) => rows.map((row) => row.id);
  assertEquals(ids(await (await feed()).json()), [rowId, rowId]);
  assertEquals(ids(await (await feed()).json()), [rowId]);
});
