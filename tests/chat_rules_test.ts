/**
 * What a connector has to do for the people in the platform's chat, rule by rule: the program as it is, real child
 * processes behind it, and the sandbox in front.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { isWindows } from "../src/os/platform.ts";
import { faults } from "../src/testing/mod.ts";
import { chat, PATIENCE, until } from "./chat_stage.ts";

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

rule("3. no receipt for a message of another workspace", async () => {
  await using it = await chat("cat");
  await it.sandbox.sendAsPeer(it.peerId, it.id, "Hello");
  await it.sandbox.waitFor(
    () => it.sandbox.messagesTo(it.peerId).length === 1,
    PATIENCE,
  );
  await it.quiet();
  assertEquals(it.calls.filter((word) => word === "receipt"), []);
});

rule("3. no receipts where the operator wants none", async () => {
  await using it = await chat("cat", ["--receipts", "off"]);
  await it.say("Hello");
  await it.bubbles(1);
  await it.quiet();
  assertEquals(it.calls.filter((word) => word === "receipt"), []);
});

rule(
  "4. Stop ends what runs and what waits of the person's, at once; a peer's turn goes on",
  async () => {
    const command = [
      'read -r what; if [ "$what" = peer ]',
      `then ${until("go")}; echo done`,
      'else : > "$STAGE/runs"; exec sleep 600; fi',
    ].join("; ");
    await using it = await chat(command, [
      ...["--concurrency", "2", "--backend-opt", "timeout=15m"],
    ]);
    await it.sandbox.sendAsPeer(it.peerId, it.id, "peer\n");
    for (const what of ["One", "Two", "Three", "Four"]) await it.say(what);
    await it.made("runs");
    await it.sandbox.waitFor(
      () => it.calls.filter((word) => word === "receipt").length === 4,
      PATIENCE,
    );
    await it.sandbox.stop(it.id);
    assertEquals(await it.bubbles(1), ["Stopped."]);
    await it.sandbox.waitFor(() => {
      const last = it.sandbox.heartbeats(it.id).at(-1);
      return last?.active_tasks === 1 &&
        last.current_task === "Answering Reviewer";
    }, PATIENCE);
    await Deno.writeTextFile(`${it.dir}/go`, "");
    await it.quiet();
    const toPeer = it.sandbox.messagesTo(it.peerId).map(({ text }) => text);
    assertEquals(toPeer, ["done"]);
    assertEquals(it.sandbox.notifies(it.id), ["Stopped."]);
  },
);

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

rule(
  "8. progress is short lines without secrets, at most one in two seconds",
  async () => {
    const command = [
      "from=$(date +%s); i=0; while [ $i -lt 10 ]; do i=$((i + 1))",
      'printf "\\033[1mstep %s\\033[0m token=sk-abcdefghijklmnop %0300d\\n" $i 1' +
      ' >> "$MOLECULE_PROGRESS"',
      "sleep 0.5; done; echo $(($(date +%s) - from))",
    ].join("; ");
    await using it = await chat(command, [
      ...["--backend-opt", "public_progress=true"],
    ]);
    await it.say("Hello");
    const [seconds] = await it.bubbles(1);
    await it.quiet();
    const lines = it.sandbox.requestsTo("log").map(({ json }) => json)
      .filter(({ activity_type }) => activity_type === "task_update")
      .map(({ summary }) => summary);
    assert(lines.length >= 2, lines.join("\n"));
    assert(lines.length <= Number(seconds) / 2 + 2, lines.join("\n"));
    for (const line of lines) {
      assert(/^step \d+ \P{Cc}+$/u.test(line), JSON.stringify(line));
      assert(line.length <= 200, line);
      assert(!line.includes("abcdefghijklmnop"), line);
    }
  },
);

rule(
  "9. the first thing after a start is a heartbeat, and it names what was interrupted",
  async () => {
    await using it = await chat(`: > "$STAGE/runs"; ${until("go")}; echo done`);
    await it.say("Hello");
    await it.made("runs");
    it.program.signal("SIGKILL");
    await it.program.code();
    const before = it.sandbox.requests.length;
    await it.start();
    const since = it.sandbox.requests.slice(before);
    const order = since.map(({ endpoint }) => endpoint);
    const registered = order.indexOf("register");
    assertEquals(order[registered + 1], "heartbeat");
    const first = since[registered + 1]!.json;
    assertEquals(first.current_task, "Answering a person");
    assertEquals(first.active_tasks, 1);
    await Deno.writeTextFile(`${it.dir}/go`, "");
    assertEquals(await it.bubbles(1), ["done"]);
  },
);
