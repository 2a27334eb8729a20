/** The back ends `openai` and `webhook` behind the whole connector: what is remembered, what is repeated, what waits. */
import {
  assert,
  assertEquals,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { createBackend } from "../src/backends/registry.ts";
import { Bench } from "./harness.ts";
import { HttpStage } from "./http_stage.ts";

interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

/** A model that answers with everything that it was sent. */
function parrot(): HttpStage {
  return new HttpStage(({ method, json }) => {
    if (method === "GET") return Response.json({ data: [] });
    const said = json.messages.map(({ content }: ChatMessage) => content);
    const content = `(${said.join(" ")})`;
    return Response.json({ choices: [{ message: { content } }] });
  });
}

function openai({ url }: HttpStage) {
  return createBackend("openai", { url, model: "m" });
}

/** What each request asked: the texts of its users, the newest last. */
function questions(stage: HttpStage): string[][] {
  return stage.posts.map(({ json }) =>
    json.messages.filter(({ role }: ChatMessage) => role === "user")
      .map(({ content }: ChatMessage) => content)
  );
}

Deno.test("openai: two conversations interleaved, a restart in the middle, two messages at once: each sees its own history, in order", async () => {
  await using stage = parrot();
  await using bench = await Bench.start();
  const say = (text: string) => bench.ping(text, { contextId: text[0]! });
  const first = await bench.connect(openai(stage), { concurrency: 4 });
  for (const text of ["a1", "b1", "a2", "b2"]) await say(text);
  await bench.until(() => bench.count("delivered") === 4);
  await first.close();
  await bench.connect(openai(stage), { concurrency: 4 });
  await Promise.all([say("a3"), say("b3")]);
  await Promise.all([say("a4"), say("b4")]);
  await bench.until(() => bench.count("delivered") === 8);
  for (const letter of ["a", "b"]) {
    const own = questions(stage).filter((texts) => texts[0] === `${letter}1`);
    const texts = [1, 2, 3, 4].map((n) => `${letter}${n}`);
    assertEquals(own, texts.map((_, index) => texts.slice(0, index + 1)));
    assert(bench.toPeer.includes(`(${letter}1)`));
    assert(bench.toPeer.includes(`(${letter}1 (${letter}1) ${letter}2)`));
  }
});

Deno.test("openai: a person and a peer with the person's contextId know nothing of each other", async () => {
  await using stage = parrot();
  await using bench = await Bench.start();
  await bench.connect(openai(stage));
  const { sandbox, agent } = bench;
  await sandbox.sendAsHuman(agent.id, "the safe is behind the picture", {
    contextId: "c",
  });
  await bench.until(() => sandbox.notifies(agent.id).length === 1);
  await bench.ping("what did I say last?", { contextId: "c" });
  await bench.until(() => bench.toPeer.length === 1);
  assertEquals(bench.toPeer, ["(what did I say last?)"]);
});

Deno.test("openai: a question that a stop cut is asked again, and stands once in what is remembered", async () => {
  await using stage = parrot();
  await using bench = await Bench.start();
  const first = await bench.connect(openai(stage), { graceMs: 1 });
  await bench.ping("one", { contextId: "c" });
  await bench.until(() => bench.count("delivered") === 1);
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  stage.spoil({
    answer: async ({ proceed }) => {
      await held;
      return await proceed();
    },
  });
  await bench.ping("two", { contextId: "c" });
  await bench.until(() => stage.posts.length === 2);
  await first.close();
  release();
  await bench.connect(openai(stage));
  await bench.until(() => bench.count("delivered") === 2);
  await bench.ping("three", { contextId: "c" });
  await bench.until(() => bench.count("delivered") === 3);
  assertEquals(questions(stage).slice(1), [
    ["one", "two"],
    ["one", "two"],
    ["one", "two", "three"],
  ]);
});

Deno.test("openai: session=new lets every conversation begin anew", async () => {
  await using stage = parrot();
  await using bench = await Bench.start();
  const first = await bench.connect(openai(stage));
  await bench.ping("one", { contextId: "c" });
  await bench.until(() => bench.count("delivered") === 1);
  await first.close();
  await bench.connect(openai(stage), { session: "new" });
  await bench.ping("two", { contextId: "c" });
  await bench.until(() => bench.count("delivered") === 2);
  assertEquals(questions(stage), [["one"], ["two"]]);
});

Deno.test("openai: messages wait while the server is down, and no attempt is counted", async () => {
  await using stage = parrot();
  await using bench = await Bench.start();
  stage.spoil({ answer: () => new Response(null, { status: 503 }) });
  stage.spoil({ answer: () => new Response(null, { status: 503 }) });
  stage.spoil({ answer: () => new Response(null, { status: 429 }) });
  await bench.connect(openai(stage), { maxAttempts: 1 });
  await bench.ping("one");
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(stage.posts.length, 4);
  assertEquals(bench.toPeer.at(-1), "(one)");
});

Deno.test("webhook: every try of a message has the same key, also after a restart, and every message its own", async () => {
  await using stage = new HttpStage(() => new Response(null, { status: 500 }));
  await using bench = await Bench.start();
  const webhook = () => createBackend("webhook", { url: stage.url });
  const first = await bench.connect(webhook());
  await bench.ping("one", { messageId: "x\r\ny: z", contextId: "a" });
  await bench.until(() => bench.count("turn_failed") === 2);
  await first.close();
  stage.answerWith(({ json }) => Response.json({ text: `re: ${json.text}` }));
  await bench.connect(webhook());
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bench.toPeer, ["re: one"]);
  const keys = stage.requests.map(({ headers }) =>
    headers.get("idempotency-key")
  );
  assert(keys.length >= 3);
  assertEquals(new Set(keys).size, 1);
  assertEquals(new Set(stage.requests.map(({ text }) => text)).size, 1);
  await bench.ping("two", { messageId: "another", contextId: "a" });
  await bench.until(() => bench.count("delivered") === 2);
  assertNotEquals(stage.last.headers.get("idempotency-key"), keys[0]);
});

Deno.test("webhook: 204 is no reply, and the message is done", async () => {
  await using stage = new HttpStage(() => new Response(null, { status: 204 }));
  await using bench = await Bench.start();
  await bench.connect(createBackend("webhook", { url: stage.url }));
  await bench.ping("one");
  await bench.until(() => bench.count("answered") === 1);
  stage.answerWith(() => Response.json({ text: "re: two" }));
  await bench.ping("two");
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bench.toPeer, ["re: two"]);
  assertEquals(stage.requests.length, 2);
});

Deno.test("webhook: what it says of a failure reaches the operator, with a remedy, and no sender", async () => {
  await using stage = new HttpStage(() =>
    Response.json({ error: "table users is missing at db.internal" }, {
      status: 403,
    })
  );
  await using bench = await Bench.start();
  const { sandbox, agent } = bench;
  await bench.connect(createBackend("webhook", { url: stage.url }));
  await sandbox.sendAsHuman(agent.id, "one");
  await bench.ping("two");
  await bench.until(() =>
    sandbox.notifies(agent.id).length === 1 && bench.toPeer.length === 1
  );
  const told = [...sandbox.notifies(agent.id), ...bench.toPeer].join(" ");
  assert(!told.includes("db.internal"), told);
  const failed = bench.events.find(({ type }) => type === "turn_failed");
  if (failed?.type !== "turn_failed") throw new Error("nothing failed");
  assertStringIncludes(failed.reason, "db.internal");
  assertStringIncludes(failed.hint ?? "", "secret_env");
});
