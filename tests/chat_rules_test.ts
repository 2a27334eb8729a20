/**
 * What a connector has to do for the people in the platform's chat, rule by rule: the program as it is, real child
 * processes behind it, and the sandbox in front.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { isWindows } from "../src/os/platform.ts";
import { faults, Sandbox } from "../src/testing/mod.ts";
import type { RecordedRequest } from "../src/sandbox/recorder.ts";
import { freshDir, Program } from "./program.ts";

/** So long that the timer of heartbeats is never why there is one. */
const NEVER_MS = "600000";
const PATIENCE = { timeoutMs: 60_000 };

/** A chat, and the program on the other side of it. */
interface Chat extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly id: string;
  /** Says something as the person. */
  say(text: string): Promise<string>;
  /** Resolves when the person has seen so many bubbles; gives them. */
  bubbles(count: number): Promise<readonly string[]>;
  /** Resolves when the last accepted beat says that nothing goes on. */
  quiet(): Promise<void>;
  /** What the connector posted and beat, in the order in which it came. */
  readonly calls: readonly string[];
}

/** One word for what a request is about; empty for what these tests are not about. */
function inWords({ endpoint, text }: RecordedRequest): string {
  const body = text === "" ? {} : JSON.parse(text);
  switch (endpoint) {
    case "heartbeat":
      return body.current_task === "" ? "beat, idle" : "beat, at work";
    case "log":
      return body.activity_type === "a2a_receive"
        ? "receipt"
        : body.activity_type;
    case "notify":
      return "notify";
    default:
      return "";
  }
}

async function chat(
  command: string,
  flags: readonly string[] = [],
  prepare: (sandbox: Sandbox, id: string) => void | Promise<void> = () => {},
): Promise<Chat> {
  const stack = new AsyncDisposableStack();
  const sandbox = stack.use(await Sandbox.start());
  const dir = stack.use(await freshDir());
  const { id, token } = sandbox.createWorkspace({ name: "agent" });
  await prepare(sandbox, id);
  const program = stack.use(
    new Program([
      ...["connect", id, "--api-url", sandbox.url, "--token", token],
      ...["--state-dir", dir.path, "--interval-ms", "50"],
      ...["--heartbeat-ms", NEVER_MS],
      ...["--backend", "exec", "--backend-opt", `cmd=${command}`, ...flags],
    ]),
  );
  await sandbox.waitFor(
    () => sandbox.requestsTo("activity").length > 0,
    PATIENCE,
  ).catch((cause) => {
    throw new Error(program.stderr.text, { cause });
  });
  return {
    sandbox,
    id,
    say: (text) => sandbox.sendAsHuman(id, text),
    bubbles: (count) =>
      sandbox.waitFor(() => {
        const seen = sandbox.notifies(id);
        return seen.length >= count && seen;
      }, PATIENCE),
    async quiet() {
      await sandbox.waitFor(() => {
        const last = sandbox.heartbeats(id).at(-1);
        return last?.current_task === "" && last.active_tasks === 0;
      }, PATIENCE);
    },
    get calls() {
      return sandbox.requests.map(inWords).filter((word) => word !== "");
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function rule(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, fn, ignore: isWindows }); // the commands are for a POSIX shell
}

rule("1. an answer ends the wait", async () => {
  await using it = await chat("cat");
  await it.say("Hello");
  assertEquals(await it.bubbles(1), ["Hello"]);
  await it.quiet();
});

rule(
  "1. a failure ends the wait with a sentence and its remedy, once",
  async () => {
    await using it = await chat("exit 3", ["--max-attempts", "1"]);
    await it.say("Hello");
    const [text = ""] = await it.bubbles(1);
    assertStringIncludes(text, "Please");
    await it.quiet();
    assertEquals(it.sandbox.notifies(it.id).length, 1);
  },
);

rule("1. an answer of nothing ends the wait with the reason", async () => {
  await using it = await chat("true");
  await it.say("Hello");
  const [text = ""] = await it.bubbles(1);
  assert(text.trim() !== "");
  await it.quiet();
});

rule("1. a refused sender is told so", async () => {
  await using it = await chat("cat", ["--allow-origin", "peer"]);
  await it.say("Hello");
  const [text = ""] = await it.bubbles(1);
  assert(!text.includes("Hello"));
  await it.quiet();
});

rule(
  "1. a message of nothing but a file that cannot be read is told so",
  async () => {
    await using it = await chat("cat");
    const file = {
      name: "gone.txt",
      mimeType: "text/plain",
      uri: `platform-pending:${it.id}/${crypto.randomUUID()}`,
      size: 3,
    };
    await it.sandbox.sendAsHuman(it.id, [{ kind: "file", file }]);
    const [text = ""] = await it.bubbles(1);
    assertStringIncludes(text, "gone.txt");
    await it.quiet();
  },
);

rule("2. a beat at the pick-up and one at the end, at once", async () => {
  await using it = await chat("sleep 1; cat", ["--receipts", "off"]);
  await it.say("Hello");
  await it.bubbles(1);
  await it.quiet();
  const beats = it.sandbox.heartbeats(it.id);
  const tasks = beats.map((beat) => beat.current_task);
  assertEquals(tasks.at(0), "");
  assert(tasks.includes("Answering a person"), `beats: ${tasks}`);
  assertEquals(tasks.at(-1), "");
  const atWork = beats.find((beat) => beat.current_task !== "");
  assertEquals(atWork?.active_tasks, 1);
});

rule(
  "3. a receipt for each message, after a beat that says what goes on, before its answer",
  async () => {
    await using it = await chat("sleep 0.5; cat");
    await it.say("One");
    await it.sandbox.waitFor(() => it.calls.includes("receipt"), PATIENCE);
    await it.say("Two");
    await it.bubbles(2);
    await it.quiet();
    const calls = it.calls;
    assertEquals(calls.filter((word) => word === "receipt").length, 2);
    const first = calls.indexOf("receipt");
    assertEquals(
      calls.slice(0, first).findLast((word) => word.startsWith("beat")),
      "beat, at work",
    );
    assert(first < calls.indexOf("notify"), calls.join(", "));
    // The second one came while the first question was being answered.
    assert(
      calls.lastIndexOf("receipt") < calls.indexOf("notify"),
      calls.join(", "),
    );
    assertEquals(calls.at(-1), "beat, idle");
  },
);

rule("3. no receipts where the operator wants none", async () => {
  await using it = await chat("cat", ["--receipts", "off"]);
  await it.say("Hello");
  await it.bubbles(1);
  await it.quiet();
  assertEquals(it.calls.filter((word) => word === "receipt"), []);
});

rule("4. Stop ends what runs and what waits, at once", async () => {
  await using it = await chat("sleep 600; cat");
  await it.say("One");
  await it.say("Two");
  await it.sandbox.waitFor(
    () => it.sandbox.heartbeats(it.id).at(-1)?.active_tasks === 2,
    PATIENCE,
  );
  await it.sandbox.stop(it.id);
  assertEquals(await it.bubbles(1), ["Stopped."]);
  await it.quiet();
  assertEquals(it.sandbox.notifies(it.id), ["Stopped."]);
});

rule(
  "5. of a long answer the beginning is a bubble, and the whole is attached",
  async () => {
    const line = "A line of thirty characters...";
    await using it = await chat(`yes '${line}' | head -n 4000`);
    await it.say("Tell me everything");
    const [text = ""] = await it.bubbles(1);
    await it.quiet();
    assert(text.length <= 10_000, `${text.length} characters`);
    assertStringIncludes(text, line);
    const row = it.sandbox.rows(it.id).find(({ method }) =>
      method === "notify"
    );
    const { parts } = row?.response_body as {
      parts: { file: Record<string, unknown> }[];
    };
    assertEquals(parts.map(({ file }) => [file.name, file.mimeType]), [
      ["answer.md", "text/markdown"],
    ]);
    assertEquals(parts[0]?.file.size, 4000 * (line.length + 1) - 1);
  },
);

rule("6. a bubble of unknown outcome is not shown twice", async () => {
  await using it = await chat("cat", [], (sandbox) => {
    sandbox.fault("notify", faults.cut({ accept: true }));
  });
  await it.say("Hello");
  await it.bubbles(1);
  await it.quiet(); // the answer is no longer unsent: its echo was found
  assertEquals(it.sandbox.notifies(it.id), ["Hello"]);
  assertEquals(it.sandbox.requestsTo("notify").length, 1);
});

rule(
  "7. the session is the conversation's, and an empty history begins a new one",
  async () => {
    await using it = await chat('printf "%s %s" "$MOLECULE_SESSION" $$');
    const old = (history?: readonly unknown[]) =>
      it.sandbox.insertRow(it.id, {
        activity_type: "a2a_receive",
        method: "message/send",
        request_body: {
          jsonrpc: "2.0",
          id: crypto.randomUUID(),
          method: "message/send",
          params: {
            ...(history === undefined ? {} : { metadata: { history } }),
            message: {
              role: "user",
              messageId: crypto.randomUUID(),
              parts: [{ kind: "text", text: "Hello" }],
            },
          },
        },
      });
    const seen: string[] = []; // each with a number of its own: equal bubbles keep a distance
    const ask = async (send: () => unknown) => {
      await send();
      const texts = await it.bubbles(seen.length + 1);
      seen.push(texts.at(-1) ?? "");
      return texts.at(-1)?.split(" ")[0];
    };
    const bubble = { role: "user", parts: [{ text: "Hello" }] };
    const first = await ask(() => old());
    assertEquals(await ask(() => old([bubble])), first);
    const second = await ask(() => old([]));
    assert(second !== first);
    assertEquals(await ask(() => old([bubble])), second);
    const other = await ask(() =>
      it.sandbox.sendAsHuman(it.id, "Hello", { contextId: "sess-1" })
    );
    assert(other !== first && other !== second);
    assertEquals(
      await ask(() =>
        it.sandbox.sendAsHuman(it.id, "Hello", { contextId: "sess-1" })
      ),
      other,
    );
  },
);

rule("8. progress is one short line, without secrets", async () => {
  const command = [
    'printf "\\033[31mReading %0300d of $SECRET_KEY\\033[0m\\n" 1',
    '>> "$MOLECULE_PROGRESS"; sleep 2; cat',
  ].join(" ");
  await using it = await chat(command, [
    ...["--backend-opt", "public_progress=true"],
  ]);
  await it.say("Hello");
  await it.bubbles(1);
  await it.quiet();
  const lines = it.sandbox.requestsTo("log").map(({ text }) => JSON.parse(text))
    .filter(({ activity_type }) => activity_type === "task_update")
    .map(({ summary }) => summary);
  assertEquals(lines.length, 1);
  assert(lines[0].startsWith("Reading 0"), lines[0]);
  assert(lines[0].length <= 200);
  assert(!/\p{Cc}/u.test(lines[0]), JSON.stringify(lines[0]));
});

rule("9. the first thing after a start is a heartbeat", async () => {
  await using it = await chat("cat");
  const order = it.sandbox.requests.map(({ endpoint }) => endpoint);
  const registered = order.indexOf("register");
  assertEquals(order[registered + 1], "heartbeat");
});
