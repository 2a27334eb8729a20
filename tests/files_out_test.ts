/** Files of an answer: uploaded, then pointed to by the bubble; and what becomes of the answer where that fails. */
import { assert, assertEquals } from "@std/assert";
import { join, toFileUrl } from "@std/path";
import { type Backend, loadState, type Part } from "../mod.ts";
import { isWindows } from "../src/os/platform.ts";
import { statePaths } from "../src/state/paths.ts";
import { faults, Sandbox } from "../src/testing/mod.ts";
import { Bench } from "./harness.ts";
import { freshDir, Program } from "./program.ts";

const PNG: Part = {
  kind: "file",
  file: { name: "plot.png", mimeType: "image/png", bytes: btoa("a plot") },
};

/** A back end that answers with `parts` and counts how often it was asked. */
function sends(...parts: Part[]): Backend & { asked: number } {
  return {
    name: "files",
    asked: 0,
    handle() {
      this.asked++;
      return Promise.resolve({ parts });
    },
  };
}

/** The bubbles that the platform keeps: the text, and the names of what is attached. */
function bubbles(bench: Bench) {
  return bench.sandbox.rows(bench.agent.id)
    .filter((row) => row.method === "notify")
    .map(({ response_body }) => {
      const { result, parts = [] } = response_body as {
        result: string;
        parts?: { file: { name: string; uri: string; mimeType: string } }[];
      };
      return [result, ...parts.map(({ file }) => file.name)];
    });
}

Deno.test("a person gets a text with its files, and their rows in our own feed are no work", async () => {
  await using bench = await Bench.start();
  const backend = sends({ kind: "text", text: "here" }, PNG);
  const connection = await bench.connect(backend);
  await bench.sandbox.sendAsHuman(bench.agent.id, "plot it");
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bubbles(bench), [["here", "plot.png"]]);
  // The upload's row and the bubble's; the third one is the receipt's.
  await bench.until(() => bench.count("skipped") === 3);
  await connection.close();
  // Nor after a restart that reads them again.
  await bench.connect(backend, { sinceSecs: 60, stateDir: bench.stateDir });
  await bench.sandbox.sendAsHuman(bench.agent.id, "and again");
  await bench.until(() => bench.count("delivered") === 2);
  assertEquals(backend.asked, 2);
  assertEquals(bench.count("message"), 2);
  const state = await loadState(bench.stateDir, bench.agent.id);
  assertEquals(state.attempts, {});
});

Deno.test("files alone have their names for a text; what is uploaded are the very bytes", async () => {
  await using bench = await Bench.start();
  await bench.connect(sends(PNG));
  await bench.sandbox.sendAsHuman(bench.agent.id, "plot it");
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bubbles(bench), [["plot.png", "plot.png"]]);
  const row = bench.sandbox.rows(bench.agent.id).find((row) =>
    row.method === "chat_upload_receive"
  );
  const { uri, mimeType } = row!.request_body as {
    uri: string;
    mimeType: string;
  };
  assertEquals(mimeType, "image/png");
  const id = uri.split("/").at(-1);
  const content = await fetch(
    `${bench.sandbox.url}/workspaces/${bench.agent.id}/pending-uploads/${id}/content`,
    { headers: { authorization: `Bearer ${bench.agent.token}` } },
  );
  assertEquals(await content.text(), "a plot");
});

Deno.test("an upload whose answer was cut is made again, and the bubble is shown once", async () => {
  await using bench = await Bench.start();
  bench.sandbox.fault("uploads", faults.cut());
  bench.sandbox.fault("uploads", faults.status(503), { times: 2 });
  bench.sandbox.fault("notify", faults.cut());
  const backend = sends({ kind: "text", text: "here" }, PNG);
  await bench.connect(backend);
  await bench.sandbox.sendAsHuman(bench.agent.id, "plot it");
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bubbles(bench), [["here", "plot.png"]]);
  assertEquals(backend.asked, 1);
});

for (
  const [what, fault] of [
    ["refuses for good", faults.status(413)],
    ["never answers as it should", faults.status(500)],
    [
      "answers without naming them",
      faults.status(200, { body: { files: [] } }),
    ],
    ["does not know how to take", faults.html(404)],
  ] as const
) {
  Deno.test(`files that the platform ${what}: the text is shown, and says so`, async () => {
    await using bench = await Bench.start();
    bench.sandbox.fault("uploads", fault, { times: Infinity });
    await bench.connect(sends({ kind: "text", text: "here" }, PNG));
    await bench.sandbox.sendAsHuman(bench.agent.id, "plot it");
    await bench.until(() => bench.count("delivered") === 1);
    assertEquals(bubbles(bench), [[
      "here\n\nCould not be attached: plot.png.",
    ]]);
    assertEquals(bench.count("dead_letter"), 0);
  });
}

Deno.test("an upload is not made again after a restart, unless it is too old for its bubble", async () => {
  await using bench = await Bench.start();
  const backend = sends({ kind: "text", text: "here" }, PNG);
  const uploads = () => bench.sandbox.requestsTo("uploads").length;
  const busy = bench.sandbox.fault("notify", faults.status(429), {
    times: Infinity,
  });
  const first = await bench.connect(backend);
  await bench.sandbox.sendAsHuman(bench.agent.id, "plot it");
  await bench.sandbox.waitFor(() => busy.hits > 0);
  await first.close();
  const { outbox } = await loadState(bench.stateDir, bench.agent.id);
  assertEquals(outbox?.map(({ steps }) => steps), [["notify"]]);
  assertEquals(outbox?.[0]?.uploaded?.files[0]?.name, "plot.png");
  const hits = busy.hits;
  const second = await bench.connect(backend);
  await bench.sandbox.waitFor(() => busy.hits > hits);
  assertEquals(uploads(), 1);
  await second.close();
  bench.sandbox.clock.offsetMs += 21 * 3_600_000;
  busy.remove();
  await bench.connect(backend);
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(uploads(), 2);
  assertEquals(bubbles(bench), [["here", "plot.png"]]);
  assertEquals(backend.asked, 1);
});

Deno.test("at a stop the one attempt is upload and bubble", async () => {
  await using bench = await Bench.start();
  const hang = Promise.withResolvers<void>();
  const held = bench.sandbox.fault("uploads", faults.until(hang.promise));
  const connection = await bench.connect(
    sends({ kind: "text", text: "here" }, PNG),
  );
  await bench.sandbox.sendAsHuman(bench.agent.id, "plot it");
  await bench.sandbox.waitFor(() => held.hits > 0);
  const closing = connection.close();
  hang.resolve();
  await closing;
  assertEquals(bubbles(bench), [["here", "plot.png"]]);
  assertEquals((await loadState(bench.stateDir, bench.agent.id)).outbox, []);
});

Deno.test("a peer gets the bytes in the message", async () => {
  await using bench = await Bench.start();
  await bench.connect(sends({ kind: "text", text: "here" }, PNG));
  await bench.ping("plot it");
  await bench.until(() => bench.count("delivered") === 1);
  const [got] = bench.sandbox.messagesTo(bench.peer.id);
  assertEquals(got?.message.parts, [{ kind: "text", text: "here" }, PNG]);
  assert(bench.sandbox.requestsTo("uploads").length === 0);
});

/** A back end that leaves files in its outbox and answers with `parts`. */
function leaves(
  files: Readonly<Record<string, string>>,
  parts: (outboxDir: string) => Part[] = () => [],
): Backend {
  return {
    name: "leaves",
    async handle(_, { outboxDir }) {
      for (const [name, text] of Object.entries(files)) {
        await Deno.writeTextFile(join(outboxDir, name), text);
      }
      return { parts: parts(outboxDir) };
    },
  };
}

Deno.test("files that are left in the outbox are attached to a person's answer, once; an empty one is named", async () => {
  await using bench = await Bench.start();
  const text: Part = { kind: "text", text: "here" };
  const connection = await bench.connect(
    leaves({ "b.csv": "1,2", "a.txt": "a", "empty.txt": "" }, (dir) => [
      text,
      { kind: "file", file: { uri: toFileUrl(join(dir, "b.csv")).href } },
      { kind: "file", file: { uri: "file:///etc/passwd" } },
    ]),
  );
  await bench.sandbox.sendAsHuman(bench.agent.id, "send them");
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bubbles(bench), [[
    "here\n\nCould not be attached: passwd, empty.txt (empty).",
    "b.csv",
    "a.txt",
  ]]);
  await connection.close();
  const { files } = statePaths(bench.stateDir, bench.agent.id);
  assertEquals([...Deno.readDirSync(files)], []);
});

Deno.test("a peer gets what was left in the outbox in the message, and no address of this machine", async () => {
  await using bench = await Bench.start();
  await bench.connect(
    leaves({ "a.txt": "text" }, () => [
      { kind: "file", file: { uri: "file:///etc/passwd" } },
    ]),
  );
  await bench.ping("send them");
  await bench.until(() => bench.count("delivered") === 1);
  const [got] = bench.sandbox.messagesTo(bench.peer.id);
  assertEquals(got?.message.parts, [
    {
      kind: "file",
      file: { name: "a.txt", mimeType: "text/plain", bytes: btoa("text") },
    },
    { kind: "text", text: "Could not be attached: passwd." },
  ]);
});

Deno.test("what is too much for a peer is named, and the rest goes", async () => {
  await using bench = await Bench.start();
  await bench.connect({
    name: "large",
    async handle(_, { outboxDir }) {
      const large = new Uint8Array(9 * 1024 * 1024);
      await Deno.writeFile(join(outboxDir, "large.bin"), large);
      await Deno.writeTextFile(join(outboxDir, "small.txt"), "small");
      return { parts: [{ kind: "text", text: "here" }] };
    },
  });
  await bench.ping("send them");
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bench.toPeer, ["here\nCould not be attached: large.bin."]);
  const [got] = bench.sandbox.messagesTo(bench.peer.id);
  const parts = got?.message.parts as { file?: { name: string } }[];
  assertEquals(parts.flatMap(({ file }) => file?.name ?? []), ["small.txt"]);
});

Deno.test("a turn that failed sends nothing that it left, in its next run neither", async () => {
  await using bench = await Bench.start();
  let runs = 0;
  await bench.connect({
    name: "fails once",
    async handle(_, { outboxDir }) {
      const name = `run-${++runs}.txt`;
      await Deno.writeTextFile(join(outboxDir, name), "text");
      if (runs === 1) throw new Error("broken");
      return { parts: [] };
    },
  });
  await bench.sandbox.sendAsHuman(bench.agent.id, "send them");
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bubbles(bench), [["run-2.txt", "run-2.txt"]]);
});

Deno.test("a back end that takes its outbox away is answered for all the same", async () => {
  await using bench = await Bench.start();
  await bench.connect({
    name: "removes",
    async handle(_, { outboxDir }) {
      await Deno.remove(outboxDir, { recursive: true });
      return { parts: [{ kind: "text", text: "here" }] };
    },
  });
  await bench.sandbox.sendAsHuman(bench.agent.id, "tidy up");
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bubbles(bench), [["here"]]);
});

Deno.test({
  name:
    "the whole program: a person sends a file to a command, and gets one back",
  ignore: isWindows,
  fn: async () => {
    await using sandbox = await Sandbox.start();
    await using state = await freshDir();
    const { id, token } = sandbox.createWorkspace({ name: "agent" });
    const bytes = new TextEncoder().encode("some notes");
    const [uri] = sandbox.uploadAsHuman(id, [
      { name: "notes.txt", mimeType: "text/plain", bytes },
    ]);
    await sandbox.sendAsHuman(id, [
      { kind: "text", text: "shout" },
      { kind: "file", file: { name: "notes.txt", uri } },
    ]);
    await using program = new Program([
      ...["connect", id, "--api-url", sandbox.url, "--once"],
      ...["--state-dir", state.path, "--backend", "exec", "--backend-opt"],
      'cmd=tr a-z A-Z < "$MOLECULE_FILES" > "$MOLECULE_OUTBOX/LOUD.txt"; echo done',
    ], { MOLECULE_WORKSPACE_TOKEN: token });
    assertEquals(await program.code(), 0, program.stderr.text);
    const row = sandbox.rows(id).find(({ method }) => method === "notify");
    const body = row?.response_body as {
      result: string;
      parts: { file: { name: string; uri: string } }[];
    };
    assertEquals(body.result, "done");
    assertEquals(body.parts.map(({ file }) => file.name), ["LOUD.txt"]);
    const fileId = body.parts[0]!.file.uri.split("/").at(-1);
    const got = await fetch(
      `${sandbox.url}/workspaces/${id}/pending-uploads/${fileId}/content`,
      { headers: { authorization: `Bearer ${token}` } },
    );
    assertEquals(await got.text(), "SOME NOTES");
    const acked = sandbox.requestsTo("download-ack").map(({ path }) => path);
    assertEquals(acked.length, 1);
    assert(acked[0]!.includes(uri!.split("/").at(-1)!));
  },
});
