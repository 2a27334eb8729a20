/** Whole conversations on the sandbox. */
import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { loadState, textReply } from "../mod.ts";
import { isWindows } from "../src/os/platform.ts";
import { Bench, recorder } from "./harness.ts";

Deno.test("a person and a peer are answered, each in its own way", async () => {
  await using bench = await Bench.start();
  const { sandbox, agent, peer } = bench;
  const connection = await bench.connect(recorder());
  await sandbox.sendAsHuman(agent.id, "hello");
  await bench.ping("ping", {
    messageId: "11111111-1111-4111-8111-111111111111",
    contextId: "ctx-1",
    metadata: { delegation_id: "d-1" },
  });
  await bench.until(() => bench.count("delivered") === 2);
  await connection.close();
  assertEquals(sandbox.notifies(agent.id), ["re: hello"]);
  const [answer, ...more] = sandbox.messagesTo(peer.id);
  assertEquals(more, []);
  assertEquals(answer!.text, "re: ping");
  assertEquals(answer!.contextId, "ctx-1");
  assertEquals(answer!.message.role, "agent");
  assertMatch(answer!.messageId, /^[0-9a-f]{8}-[0-9a-f]{4}-5/);
  assertEquals(answer!.metadata, {
    in_reply_to: "11111111-1111-4111-8111-111111111111",
    delegation_id: "d-1",
    reply: true,
  });
  assertEquals((await loadState(bench.stateDir, agent.id)).outbox, []);
});

Deno.test("an answer to an answer is never given", async () => {
  await using bench = await Bench.start();
  const backend = recorder();
  await bench.connect(backend);
  await bench.ping("your answer", { metadata: { reply: true } });
  await bench.ping("a question");
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(backend.asked, ["a question"]);
  assertEquals(bench.toPeer, ["re: a question"]);
});

Deno.test("an answer is sent without what the platform would lose it for", async () => {
  await using bench = await Bench.start();
  const backend = {
    name: "dirty",
    handle: () => Promise.resolve(textReply("a\0b\x1b[31mc\ud800d\r\ne\tf")),
  };
  await bench.connect(backend);
  await bench.sandbox.sendAsHuman(bench.agent.id, "hello");
  await bench.ping("ping");
  await bench.until(() => bench.count("delivered") === 2);
  assertEquals(bench.sandbox.notifies(bench.agent.id), ["abcd\ne\tf"]);
  assertEquals(bench.toPeer, ["abcd\ne\tf"]);
});

Deno.test("a back end with nothing to say sends nothing, and the cursor moves", async () => {
  await using bench = await Bench.start();
  const connection = await bench.connect({
    name: "silent",
    handle: () => Promise.resolve({ parts: [] }),
  });
  const row = await bench.ping("ping");
  await bench.until(() => bench.count("answered") === 1);
  await connection.close();
  assertEquals(bench.toPeer, []);
  assertEquals(connection.status.cursor, row);
});

Deno.test("messages of one sender are answered in order, one at a time", async () => {
  await using bench = await Bench.start();
  let running = 0;
  let most = 0;
  const backend = recorder(async () => {
    most = Math.max(most, ++running);
    await Promise.resolve();
    running--;
  });
  await bench.connect(backend);
  const texts = Array.from({ length: 20 }, (_, i) => `m${i}`);
  for (const text of texts) await bench.ping(text);
  await bench.until(() => bench.count("delivered") === 20);
  assertEquals(bench.toPeer, texts.map((text) => `re: ${text}`));
  assertEquals(most, 1);
});

Deno.test("with two slots a slow conversation holds back no other one", async () => {
  await using bench = await Bench.start();
  const slow = Promise.withResolvers<void>();
  const backend = recorder((message) =>
    message.text === "slow" ? slow.promise : undefined
  );
  await bench.connect(backend, { concurrency: 2 });
  await bench.ping("slow", { contextId: "a" });
  await bench.ping("behind it", { contextId: "a" });
  await bench.ping("quick", { contextId: "b" });
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bench.toPeer, ["re: quick"]);
  slow.resolve();
  await bench.until(() => bench.count("delivered") === 3);
  assertEquals(bench.toPeer, ["re: quick", "re: slow", "re: behind it"]);
});

Deno.test("when a slot is free, a person goes first", async () => {
  await using bench = await Bench.start();
  const first = Promise.withResolvers<void>();
  const backend = recorder((message) =>
    message.text === "first" ? first.promise : undefined
  );
  await bench.connect(backend);
  await bench.ping("first", { contextId: "a" });
  await bench.until(() => bench.count("turn_started") === 1);
  await bench.ping("peer", { contextId: "b" });
  await bench.sandbox.sendAsHuman(bench.agent.id, "person");
  await bench.until(() => bench.count("message") === 3);
  first.resolve();
  await bench.until(() => bench.count("answered") === 3);
  assertEquals(backend.asked, ["first", "person", "peer"]);
});

Deno.test("no heartbeat holds a message's text, and each tells what goes on", async () => {
  await using bench = await Bench.start();
  const go = Promise.withResolvers<void>();
  const connection = await bench.connect(recorder(() => go.promise));
  await bench.sandbox.sendAsHuman(bench.agent.id, "my secret question");
  const beats = () => bench.sandbox.heartbeats(bench.agent.id);
  await bench.sandbox.waitFor(() => beats().at(-1)?.active_tasks === 1);
  const busy = beats().at(-1)!;
  assertEquals(busy.current_task, "Answering a person");
  assertEquals(busy.runtime_state, "");
  assertEquals(busy.error_rate, 0);
  assertEquals(Number.isInteger(busy.uptime_seconds), true);
  go.resolve();
  await bench.until(() => bench.count("delivered") === 1);
  await connection.close();
  assertEquals(beats().at(-1)!.active_tasks, 0);
  assertEquals(beats().at(-1)!.current_task, "");
  const said = JSON.stringify(beats());
  assertEquals(said.includes("secret question"), false);
});

Deno.test("what a back end tells of its progress stands in heartbeats until the turn ends, without secrets", async () => {
  await using bench = await Bench.start();
  const go = Promise.withResolvers<void>();
  await bench.connect({
    name: "busy",
    async handle(_, { progress }) {
      progress(`Using Bash ${bench.agent.token}`);
      await go.promise;
      return textReply("done");
    },
  });
  await bench.ping("ping");
  const task = () =>
    bench.sandbox.heartbeats(bench.agent.id).at(-1)?.current_task;
  await bench.until(() => task() === "Using Bash [redacted]");
  go.resolve();
  await bench.until(() => bench.count("delivered") === 1);
  await bench.until(() => task() === "");
});

Deno.test("one failing message: tried three times, told once, kept as a dead letter, and the next is answered", async () => {
  await using bench = await Bench.start();
  const backend = recorder((message) => {
    if (message.text === "bad") throw new Error("cannot do this");
  });
  const connection = await bench.connect(backend);
  const bad = await bench.ping("bad");
  const good = await bench.ping("good");
  await bench.until(() => bench.count("delivered") === 2);
  await connection.close();
  assertEquals(backend.asked, ["bad", "bad", "bad", "good"]);
  assertEquals(bench.toPeer, [
    "This message could not be processed.",
    "re: good",
  ]);
  assertEquals(connection.status.cursor, good);
  const dir = `${bench.stateDir}/${bench.agent.id}.dead`;
  const [file, ...more] = [...Deno.readDirSync(dir)];
  assertEquals(more, []);
  const letter = JSON.parse(await Deno.readTextFile(`${dir}/${file!.name}`));
  assertEquals(letter.row, bad);
  assertEquals(letter.reason, "cannot do this");
  assertEquals(letter.attempts, 3);
  assertEquals(
    letter.payload.request_body.params.message.parts[0].text,
    "bad",
  );
});

Deno.test("a workspace without a token: register mints one, which is kept and used", async () => {
  await using bench = await Bench.start();
  bench.sandbox.revokeTokens(bench.agent.id);
  const connection = await bench.connect(recorder(), { token: "" });
  await bench.ping("ping");
  await bench.until(() => bench.count("delivered") === 1);
  await connection.close();
  const file = `${bench.stateDir}/${bench.agent.id}.token.json`;
  const { token } = JSON.parse(await Deno.readTextFile(file));
  assertNotEquals(token, "");
  if (!isWindows) {
    assertEquals((await Deno.stat(file)).mode! & 0o777, 0o600);
  }
  // A start after that takes it up; the platform never says it again.
  const again = await bench.connect(recorder(), { token: "" });
  await bench.ping("once more");
  await bench.until(() => bench.count("delivered") === 2);
  await again.close();
  assertEquals(JSON.parse(await Deno.readTextFile(file)).token, token);
});

Deno.test("a second connector of the same workspace is refused, naming the first", async () => {
  await using bench = await Bench.start();
  await bench.connect(recorder());
  const refused = await bench.connect(recorder()).catch((error) => error);
  assertEquals(refused.code, "ALREADY_RUNNING");
  assertMatch(refused.message, new RegExp(`process ${Deno.pid}`));
});
