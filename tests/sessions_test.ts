/** Sessions of conversations: each sees its own history only, also after a restart, and begins anew where that is asked. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import {
  type Backend,
  type InboundMessage,
  loadState,
  type Session,
  textReply,
} from "../mod.ts";
import { RESET_REPLY } from "../src/delivery/reset.ts";
import { Bench } from "./harness.ts";

/** What a turn was given. */
interface Turn {
  readonly text: string;
  readonly id: string;
  readonly fresh: boolean;
  readonly again: boolean;
  readonly history: readonly string[];
}

/** A back end that keeps every text of a session, and answers with all of them. */
function historian(
  before: (message: InboundMessage, session: Session) => unknown = () => {},
  name = "historian",
): Backend & { readonly turns: Turn[] } {
  const turns: Turn[] = [];
  return {
    name,
    turns,
    async handle(message, { session, again }) {
      const { text } = message;
      const history: string[] = JSON.parse(session.kept ?? "[]");
      const { id, fresh } = session;
      turns.push({ text, id, fresh, again, history });
      await session.keep(JSON.stringify([...history, text]));
      await before(message, session);
      return textReply([...history, text].join(" "));
    },
  };
}

Deno.test("two conversations interleaved, a restart in the middle, two messages at once: each sees its own history, in order", async () => {
  await using bench = await Bench.start();
  const backend = historian();
  const say = (text: string, contextId: string) =>
    bench.ping(text, { contextId });
  const first = await bench.connect(backend, { concurrency: 4 });
  for (const n of [1, 2, 3]) {
    await say(`a${n}`, "a");
    await say(`b${n}`, "b");
  }
  await bench.until(() => bench.count("delivered") === 6);
  await first.close();
  const second = historian();
  await bench.connect(second, { concurrency: 4 });
  // The two of a conversation are there at once, and the conversations run beside each other.
  await Promise.all([say("a4", "a"), say("b4", "b")]);
  await Promise.all([say("a5", "a"), say("b5", "b")]);
  await bench.until(() => bench.count("delivered") === 10);
  const turns = [...backend.turns, ...second.turns];
  for (const letter of ["a", "b"]) {
    const own = turns.filter(({ text }) => text.startsWith(letter));
    const texts = [1, 2, 3, 4, 5].map((n) => `${letter}${n}`);
    assertEquals(own.map(({ text }) => text), texts);
    assertEquals(
      own.map(({ history }) => history),
      texts.map((_, i) => texts.slice(0, i)),
    );
    assertEquals(own.map(({ fresh }) => fresh), [
      true,
      ...Array(4).fill(false),
    ]);
    assertEquals(new Set(own.map(({ id }) => id)).size, 1);
    assertMatch(own[0]!.id, /^[0-9a-f]{8}-[0-9a-f]{4}-5/);
  }
  assertNotEquals(turns[0]!.id, turns[1]!.id);
});

Deno.test("a peer that sends the person's contextId is in a session of its own", async () => {
  await using bench = await Bench.start();
  const backend = historian();
  await bench.connect(backend);
  const { sandbox, agent } = bench;
  await sandbox.sendAsHuman(agent.id, "secret", { contextId: "c" });
  await bench.ping("what did they say?", { contextId: "c" });
  await bench.until(() => bench.count("delivered") === 2);
  assertEquals(bench.toPeer, ["what did they say?"]);
  assertEquals(new Set(backend.turns.map(({ id }) => id)).size, 2);
});

Deno.test("a turn that gave no answer leaves its session fresh, and what it kept there", async () => {
  await using bench = await Bench.start();
  let left = 1;
  const backend = historian(() => {
    if (left-- > 0) throw new Error("not yet");
  });
  await bench.connect(backend);
  await bench.ping("q");
  await bench.until(() => bench.count("delivered") === 1);
  const [once, twice] = backend.turns;
  assertEquals([once!.fresh, once!.again, once!.history], [true, false, []]);
  assertEquals([twice!.fresh, twice!.again, twice!.history], [true, true, [
    "q",
  ]]);
});

Deno.test("another back end does not get what the one before it kept", async () => {
  await using bench = await Bench.start();
  const one = historian();
  const first = await bench.connect(one);
  await bench.ping("a");
  await bench.until(() => bench.count("delivered") === 1);
  await first.close();
  const other = historian(() => {}, "another");
  const second = await bench.connect(other);
  await bench.ping("b");
  await bench.until(() => bench.count("delivered") === 2);
  await second.close();
  const [turn] = other.turns;
  assertEquals([turn!.fresh, turn!.history], [true, []]);
  assertEquals(turn!.id, one.turns[0]!.id);
  // Each finds its own again.
  const back = historian();
  await bench.connect(back);
  await bench.ping("c");
  await bench.until(() => bench.count("delivered") === 3);
  assertEquals(back.turns[0]!.history, ["a"]);
});

Deno.test("a session keeps 256 KiB and no more, and nothing after its turn", async () => {
  await using bench = await Bench.start();
  const errors: unknown[] = [];
  let late: Session | undefined;
  await bench.connect({
    name: "greedy",
    async handle(_, { session }) {
      late = session;
      await session.keep("ä".repeat(128 * 1024));
      await session.keep("ä".repeat(128 * 1024) + "x").catch((error) =>
        errors.push(error)
      );
      return textReply(`${session.kept?.length}`);
    },
  });
  await bench.ping("1");
  await bench.ping("2");
  await bench.until(() => bench.count("delivered") === 2);
  assertEquals(bench.toPeer, ["undefined", `${128 * 1024}`]);
  assert(errors.every((error) => error instanceof RangeError));
  assertEquals(errors.length, 2);
  const refused = await late!.keep("x").catch((error) => error);
  assertMatch(refused.message, /turn has ended/);
});

Deno.test("session new: every conversation begins anew at this start, and goes on at the next", async () => {
  await using bench = await Bench.start();
  const run = async (text: string, session: "keep" | "new") => {
    const backend = historian();
    const connection = await bench.connect(backend, { session });
    const before = bench.count("delivered");
    await bench.ping(text);
    await bench.until(() => bench.count("delivered") === before + 1);
    await connection.close();
    return backend.turns[0]!;
  };
  const first = await run("1", "keep");
  const second = await run("2", "new");
  assertNotEquals(second.id, first.id);
  assertEquals([second.fresh, second.history], [true, []]);
  const third = await run("3", "keep");
  assertEquals(third.id, second.id);
  assertEquals([third.fresh, third.history], [false, ["2"]]);
});

Deno.test("the reset command begins the sender's conversation anew, and no other", async () => {
  await using bench = await Bench.start();
  const { sandbox, agent, stateDir } = bench;
  const backend = historian();
  const connection = await bench.connect(backend, { resetCommand: "/new" });
  const say = (text: string) => sandbox.sendAsHuman(agent.id, text);
  await say("1");
  await bench.ping("p1");
  await bench.until(() => bench.count("delivered") === 2);
  await say("\n /new ");
  await say("2 /new");
  await bench.ping("p2");
  await bench.until(() => bench.count("delivered") === 5);
  await connection.close();
  assertEquals(sandbox.notifies(agent.id), ["1", RESET_REPLY, "2 /new"]);
  assertEquals(bench.toPeer, ["p1", "p1 p2"]);
  assertEquals(backend.turns.map(({ text }) => text).toSorted(), [
    "1",
    "2 /new",
    "p1",
    "p2",
  ]);
  // What was kept of the session that was left is gone: one file for each session that is in use.
  const files = [...Deno.readDirSync(`${stateDir}/${agent.id}.sessions`)];
  assertEquals(files.length, 2);
  const { epochs } = await loadState(stateDir, agent.id);
  assertEquals(Object.keys(epochs!.own).length, 1);
  // A restart does not go back to it.
  const again = historian();
  await bench.connect(again, { resetCommand: "/new" });
  await say("3");
  await bench.until(() => bench.count("delivered") === 6);
  assertEquals(again.turns[0]!.history, ["2 /new"]);
});

Deno.test("a peer's reset is answered with the marks of an answer", async () => {
  await using bench = await Bench.start();
  await bench.connect(historian(), { resetCommand: "/new" });
  await bench.ping("/new", { messageId: "m-1" });
  await bench.until(() => bench.count("delivered") === 1);
  const [answer] = bench.sandbox.messagesTo(bench.peer.id);
  assertEquals(answer!.text, RESET_REPLY);
  assertEquals(answer!.metadata, { in_reply_to: "m-1", reply: true });
});

Deno.test("without a reset command its text is a message like any other", async () => {
  await using bench = await Bench.start();
  await bench.connect(historian());
  await bench.ping("/new");
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bench.toPeer, ["/new"]);
});

Deno.test("a damaged session file is told, and the conversation goes on without it", async () => {
  await using bench = await Bench.start();
  const first = await bench.connect(historian());
  await bench.ping("1");
  await bench.until(() => bench.count("delivered") === 1);
  await first.close();
  const dir = `${bench.stateDir}/${bench.agent.id}.sessions`;
  for (const { name } of Deno.readDirSync(dir)) {
    await Deno.writeTextFile(`${dir}/${name}`, "{");
  }
  const warnings: string[] = [];
  const log = {
    debug() {},
    info() {},
    error() {},
    warn: (line: string) => void warnings.push(line),
  };
  await bench.connect(historian(), { log });
  await bench.ping("2");
  await bench.until(() => bench.count("delivered") === 2);
  assertEquals(bench.toPeer, ["1", "2"]);
  assertEquals(warnings, [
    "What was kept of a session cannot be read: it begins anew",
  ]);
});
