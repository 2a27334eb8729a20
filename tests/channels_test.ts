/** Outside chat channels: answered through the channel's own endpoint, never twice, and only where there is a way back. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import { type Backend, textReply } from "../mod.ts";
import { failureText } from "../src/delivery/failure_text.ts";
import { statePaths } from "../src/state/paths.ts";
import { faults } from "../src/testing/mod.ts";
import { molecule } from "./dlq_stage.ts";
import { Bench, recorder } from "./harness.ts";

const CHANNEL = "1d087d97-7dcb-5866-a678-694b1b8937aa";

/** A message of somebody in a channel. */
function say(
  { sandbox, agent }: Bench,
  text: string,
  channelId: string | undefined = CHANNEL,
  source = "telegram",
) {
  return sandbox.sendAsChannel(agent.id, text, { source, channelId });
}

/** What the channels got, in order. */
function heard({ sandbox, agent }: Bench): string[] {
  return sandbox.channelMessages(agent.id).map(({ text }) => text);
}

Deno.test("a channel gets its answers through its own endpoint, in order", async () => {
  await using bench = await Bench.start();
  await bench.connect(recorder());
  for (const text of ["1", "2", "3"]) await say(bench, text);
  await bench.until(() => bench.count("delivered") === 3);
  const { sandbox, agent } = bench;
  assertEquals(
    sandbox.channelMessages(agent.id),
    ["1", "2", "3"].map((text) => ({
      channelId: CHANNEL,
      text: `re: ${text}`,
    })),
  );
  assertEquals(sandbox.notifies(agent.id), []);
  const [request] = sandbox.requestsTo("channel");
  assertEquals(JSON.parse(request!.text), { text: "re: 1" });
  assertEquals(request!.headers.get("authorization"), `Bearer ${agent.token}`);
});

Deno.test("files of an answer to a channel are named in its text", async () => {
  await using bench = await Bench.start();
  await bench.connect({
    name: "artist",
    handle: () =>
      Promise.resolve({
        parts: [
          { kind: "text", text: "Here it is." },
          { kind: "file", file: { name: "plot.png", bytes: btoa("a plot") } },
        ],
      }),
  });
  await say(bench, "draw");
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(heard(bench), [
    "Here it is.\n\nCould not be attached: plot.png.",
  ]);
});

for (
  const [what, channelId, source] of [
    ["that has no id", "", "telegram"],
    ["whose id is longer than any", "x".repeat(201), "telegram"],
    ["whose id no path can name", "..", "telegram"],
    ["of github", CHANNEL, "github"],
  ] as const
) {
  Deno.test(`a channel ${what} has no way back: its answer is logged, and nothing is sent`, async () => {
    await using bench = await Bench.start();
    const told: unknown[] = [];
    const tell = (...said: unknown[]) => void told.push(said);
    const connection = await bench.connect(recorder(), {
      log: { debug: tell, info: tell, warn: tell, error: tell },
    });
    const row = await say(bench, "status?", channelId, source);
    await bench.until(() => connection.status.cursor === row);
    await connection.close();
    assertEquals(bench.count("answered"), 1);
    assertEquals(bench.sandbox.requestsTo("channel").length, 0);
    assert(Deno.inspect(told, { depth: 9 }).includes("re: status?"));
  });
}

Deno.test("a channel's id is a stranger's text: it is one segment of the path, whatever it says", async () => {
  await using bench = await Bench.start();
  await bench.connect(recorder());
  const hostile = "../../notify?x=1#/";
  await say(bench, "hello", hostile);
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bench.sandbox.channelMessages(bench.agent.id), [
    { channelId: hostile, text: "re: hello" },
  ]);
  assertEquals(bench.sandbox.requestsTo("notify").length, 0);
});

Deno.test("what may have arrived in a channel is not sent again, and that is told", async () => {
  await using bench = await Bench.start();
  await bench.connect(recorder());
  bench.sandbox.fault("channel", faults.cut());
  await say(bench, "1");
  await say(bench, "2");
  await bench.until(() => bench.count("delivered") === 2);
  assertEquals(heard(bench), ["re: 1", "re: 2"]);
  const certain = bench.events.flatMap((event) =>
    event.type === "delivered" ? [event.certain] : []
  );
  assertEquals(certain, [false, true]);
});

Deno.test("a channel that cannot take more now gets the answer later; nobody else waits for it", async () => {
  await using bench = await Bench.start();
  await bench.connect(recorder());
  const busy = bench.sandbox.fault("channel", faults.status(503), {
    times: Infinity,
  });
  await say(bench, "1");
  await say(bench, "2");
  await bench.sandbox.waitFor(() => busy.hits >= 3);
  await bench.ping("ping");
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bench.toPeer, ["re: ping"]);
  busy.remove();
  await bench.until(() => bench.count("delivered") === 3);
  assertEquals(heard(bench), ["re: 1", "re: 2"]);
});

Deno.test("a channel that stays out of order keeps twenty answers waiting; its older ones are given up", async () => {
  await using bench = await Bench.start();
  await bench.connect(recorder());
  const busy = bench.sandbox.fault("channel", faults.status(429), {
    times: Infinity,
  });
  for (let i = 0; i < 130; i++) await say(bench, `m${i}`);
  await bench.until(() => bench.count("dead_letter") === 110);
  await bench.sandbox.sendAsHuman(bench.agent.id, "hello");
  await bench.until(() => bench.count("delivered") === 1);
  busy.remove();
  await bench.until(() => bench.count("delivered") === 21);
  assertEquals(heard(bench)[0], "re: m110");
});

Deno.test("an answer that a channel refuses is a dead letter; tried again it goes to the channel", async () => {
  await using bench = await Bench.start();
  await bench.connect(recorder());
  bench.sandbox.fault(
    "channel",
    faults.status(404, { body: { error: "channel not found" } }),
  );
  await say(bench, "hello");
  await bench.until(() => bench.count("dead_letter") === 1);
  assertEquals(heard(bench), []);
  const { id } = bench.agent;
  const dlq = await molecule([
    "dlq",
    "list",
    id,
    "--state-dir",
    bench.stateDir,
  ]);
  assertMatch(dlq.stdout[1] ?? "", / reply +channel +1 +.*channel not found/);
  const { dead, retry } = statePaths(bench.stateDir, bench.agent.id);
  await Deno.rename(dead, retry);
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(heard(bench), ["re: hello"]);
});

Deno.test("people in a channel are told of a failure as people are", async () => {
  await using bench = await Bench.start();
  const broken: Backend = {
    name: "broken",
    handle: () => Promise.reject(new Error("/secret/path is broken")),
  };
  await bench.connect(broken, { maxAttempts: 1 });
  await say(bench, "hello");
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(heard(bench), [failureText("canvas")]);
});

Deno.test("two channels are two conversations, although neither names one", async () => {
  await using bench = await Bench.start();
  const sessions: string[] = [];
  await bench.connect({
    name: "watcher",
    handle: (_, { session }) => {
      sessions.push(session.id);
      return Promise.resolve(textReply("ok"));
    },
  });
  await say(bench, "1", "one");
  await say(bench, "2", "two");
  await say(bench, "3", "one");
  await bench.until(() => bench.count("delivered") === 3);
  const [first, second, third] = sessions;
  assertNotEquals(first, second);
  assertEquals(first, third);
});
