/** The person's chat as older platforms send it along: a new session by an empty one, and who is given the rest. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import {
  type Backend,
  BackendError,
  createBackend,
  type HistoryEntry,
  loadState,
  textReply,
} from "../mod.ts";
import { isWindows } from "../src/os/platform.ts";
import { faults, testContext, testMessage } from "../src/testing/mod.ts";
import { reader, type Turn, upload } from "./files_in_stage.ts";
import { Bench } from "./harness.ts";
import { HttpStage } from "./http_stage.ts";
import { echo, messagesOf, openai } from "./openai_stage.ts";

const bubble = (role: string, text: string) => ({
  role,
  parts: [{ kind: "text", text }],
});

/** A person's row as the older platform makes it: no context, no word of the chat, `history` where it is given. */
function ask(bench: Bench, text: string, history?: unknown, from?: string) {
  return bench.sandbox.insertRow(bench.agent.id, {
    method: "message/send",
    source_id: from ?? null,
    request_body: {
      jsonrpc: "2.0",
      id: crypto.randomUUID(),
      method: "message/send",
      params: {
        ...(history === undefined ? {} : { metadata: { history } }),
        message: {
          role: "user",
          messageId: crypto.randomUUID(),
          parts: [{ kind: "text", text }],
        },
      },
    },
  });
}

interface Asked {
  readonly text: string;
  readonly session: string;
  readonly fresh: boolean;
  readonly again: boolean;
  readonly history: readonly HistoryEntry[];
}

function watcher(
  before: (text: string, signal: AbortSignal) => unknown = () => {},
): Backend & { readonly asked: Asked[] } {
  const asked: Asked[] = [];
  return {
    name: "watcher",
    asked,
    async handle({ text }, { session, again, history, signal }) {
      const { id, fresh } = session;
      asked.push({ text, session: id, fresh, again, history });
      await before(text, signal);
      return textReply(`re: ${text}`);
    },
  };
}

Deno.test("an empty history begins a new session; one that says something, or none, does not", async () => {
  await using bench = await Bench.start();
  const backend = watcher();
  await bench.connect(backend);
  ask(bench, "one", []);
  ask(bench, "two", [bubble("user", "one"), bubble("agent", "re: one")]);
  ask(bench, "three");
  ask(bench, "four", []);
  ask(bench, "five", [bubble("user", "four")]);
  await bench.until(() => bench.count("delivered") === 5);
  const { asked } = backend;
  assertEquals(asked.map(({ text }) => text).join(), "one,two,three,four,five");
  assertEquals(asked.map(({ fresh }) => fresh), [
    ...[true, false, false],
    ...[true, false],
  ]);
  assertEquals(new Set(asked.map(({ session }) => session)).size, 2);
  assertEquals(asked[1]!.history, [
    { role: "user", text: "one" },
    { role: "agent", text: "re: one" },
  ]);
  assertEquals(asked[2]!.history, []);
});

Deno.test("a peer's history is never read", async () => {
  await using bench = await Bench.start();
  const backend = watcher();
  await bench.connect(backend);
  ask(bench, "one", [], bench.peer.id);
  ask(bench, "two", [], bench.peer.id);
  ask(bench, "three", [bubble("user", "obey")], bench.peer.id);
  await bench.until(() => bench.count("delivered") === 3);
  assertEquals(new Set(backend.asked.map(({ session }) => session)).size, 1);
  assertEquals(backend.asked.map(({ history }) => history), [[], [], []]);
});

Deno.test("a turn that fails and runs again begins no second session", async () => {
  await using bench = await Bench.start();
  let left = 2;
  const backend = watcher((text) => {
    if (text === "new" && left-- > 0) throw new BackendError("retry", "no");
  });
  await bench.connect(backend);
  ask(bench, "old");
  ask(bench, "new", []);
  await bench.until(() => bench.count("delivered") === 2);
  const [old, ...runs] = backend.asked;
  assertEquals(runs.map(({ again }) => again), [false, true, true]);
  assertEquals(new Set(runs.map(({ session }) => session)).size, 1);
  assertNotEquals(old!.session, runs[0]!.session);
});

Deno.test("a turn that a stop cut begins no second session at the next start", async () => {
  await using bench = await Bench.start();
  const begun = Promise.withResolvers<void>();
  const cut = watcher((_, signal) => {
    begun.resolve();
    return new Promise((_, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason))
    );
  });
  const first = await bench.connect(cut, { graceMs: 0 });
  ask(bench, "new", []);
  await begun.promise;
  await first.close();
  const { attempts = {} } = await loadState(bench.stateDir, bench.agent.id);
  assertEquals(Object.values(attempts).map(({ anew }) => anew), [true]);
  const second = watcher();
  await bench.connect(second);
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(second.asked[0]!.session, cut.asked[0]!.session);
});

Deno.test("a message that waits for its file begins its session once, and its turn is the first", async () => {
  await using bench = await Bench.start();
  const turns: Turn[] = [];
  bench.sandbox.fault("download", faults.status(503), { times: 3 });
  const { sandbox, agent } = bench;
  await bench.connect(reader(turns), {}, { filePatienceMs: 60_000 });
  const file = upload(bench, "a.txt", new TextEncoder().encode("hello"));
  sandbox.insertRow(agent.id, {
    method: "message/send",
    request_body: {
      params: {
        metadata: { history: [] },
        message: {
          messageId: crypto.randomUUID(),
          parts: [{ kind: "text", text: "look" }, { kind: "file", file }],
        },
      },
    },
  });
  const newest = async () =>
    (await loadState(bench.stateDir, agent.id)).epochs?.newest;
  await bench.until(() => sandbox.requestsTo("download").length > 0);
  const begun = await newest();
  assert(begun !== undefined);
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(await newest(), begun);
  assertEquals(turns.map(({ context }) => context.again), [false]);
});

Deno.test(
  "exec writes the chat into a file of its own, and removes it; not where there is none, or it is off",
  {
    ignore: isWindows,
  },
  async () => {
    const history = [{ role: "user", text: "one" }] as const;
    const cmd =
      `printf '%s\\n' "$MOLECULE_HISTORY_FILE"; cat "$MOLECULE_HISTORY_FILE"; ls -l "$MOLECULE_HISTORY_FILE" | cut -c1-10`;
    const run = async (given: readonly HistoryEntry[], chat = "on") => {
      const backend = createBackend("exec", {
        cmd:
          `if [ -n "$MOLECULE_HISTORY_FILE" ]; then ${cmd}; else echo none; fi`,
        chat_history: chat,
      });
      const { parts } = await backend.handle(
        testMessage("hi", { origin: "canvas" }),
        testContext({ history: given }),
      );
      return parts[0]?.kind === "text" ? parts[0].text.split("\n") : [];
    };
    const [path = "", told = ""] = await run(history);
    assert(told.startsWith(JSON.stringify(history)), told);
    assert(told.endsWith("-rw-------"), told);
    const isGone = await Deno.stat(path).then(() => false, () => true);
    assert(isGone);
    assertEquals(await run([]), ["none"]);
    assertEquals(await run(history, "off"), ["none"]);
  },
);

Deno.test("openai asks with the chat where it remembers nothing itself, and not where it is off", async () => {
  await using stage = new HttpStage(echo);
  const history = [
    { role: "user", text: "one" },
    { role: "agent", text: "first" },
  ] as const;
  const message = testMessage("two", { origin: "canvas" });
  const texts = () => messagesOf(stage.last).map(({ content }) => content);
  await openai(stage).handle(message, testContext({ history }));
  assertEquals(texts(), ["one", "first", "two"]);
  const off = openai(stage, { chat_history: "off" });
  await off.handle(message, testContext({ history }));
  assertEquals(texts(), ["two"]);
  let kept: string | undefined;
  const session = () => ({
    ...testContext().session,
    kept,
    keep: (text: string) => {
      kept = text;
      return Promise.resolve();
    },
  });
  const own = testMessage("own", { activityId: "row-0" });
  await openai(stage).handle(own, testContext({ session: session() }));
  await openai(stage).handle(
    message,
    testContext({ history, session: session() }),
  );
  assertEquals(texts(), ["own", "re: own", "two"]);
});
