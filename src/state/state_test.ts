import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { StateError } from "../errors.ts";
import { isWindows } from "../os/platform.ts";
import { seal } from "./checksum.ts";
import { loadState, saveState, type State } from "./state.ts";

const W = "5b0f6c1e-8a37-4d19-9c42-7e1d3a60b8f4";

/** Every member is there, with what is hard to keep: other scripts, quotes, ids that look like numbers. */
function fullState(workspaceId: string): Required<State> {
  return {
    workspace_id: workspaceId,
    last_since_id: "0f3c8a52-66d1-4b0e-8a55-0d4f7be5a001",
    settled_since_id: "0f3c8a52-66d1-4b0e-8a55-0d4f7be5a000",
    settled_at: 1_786_000_000_123,
    far: { id: "0f3c8a52-66d1-4b0e-8a55-0d4f7be5a009", at: 1_785_999_990_000 },
    floor: 1_785_999_970_000,
    attempts: {
      "act-1": { n: 2, at: 1_786_000_000_500, turn: "t-1" },
      "10": { n: 1, at: 1 },
      "9": { n: 1, at: 2 },
    },
    children: [{ pid: 4711, started: "boot 17", row: "act-1" }],
    exchanges: [["lane", 0, 1_786_000_000_000, 7]],
    handled: [["r-1", 1_786_000_000_000, '["p","m"]'], ["r-2", 0, ""]],
    handled_files: [3, 7],
    outbox: [{
      id: "2ed6657d-e927-568b-95e1-2665a8aea6a2",
      row: "act-1",
      peer: "ws-peer",
      origin: "peer",
      lane: '["peer","ws-peer","c"]',
      steps: ["a2a"],
      parts: [{ kind: "text", text: 'Grüße, "漢字" 😀\n\t\\' }],
      context: "c",
      task: "",
      metadata: { reply: true, in_reply_to: "m", deep: { n: [1.5, null] } },
      saved: 1_786_000_001_000,
      tries: 1,
      retry: 1,
      unsure: { cursor: "r-1", began: 1 },
    }],
    told: { "act-1": 1_786_000_000_600 },
    shown: ["b1946ac92492d2347c6235b4d2611184"],
    stop: {
      row: "5d2f8a31-7c40-4b9e-8e15-a0c63d7f2b91",
      micros: 1_786_233_600_000_001,
      seq: 17,
      told: true,
    },
    epochs: { newest: 9, all: 3, own: { "l-1": [9, 1_786_000_000_000] } },
    retried: ["0b8f2a57-94c1-5a6e-8d35-61f7c9e2ab04"],
  };
}

async function setUp() {
  const root = await Deno.makeTempDir();
  const dir = join(root, "a", "state");
  return {
    root,
    dir,
    path: join(dir, `${W}.json`),
    async put(content: string | Uint8Array, workspaceId = W) {
      await Deno.mkdir(dir, { recursive: true });
      const path = join(dir, `${workspaceId}.json`);
      const bytes = typeof content === "string"
        ? new TextEncoder().encode(content)
        : content;
      await Deno.writeFile(path, bytes);
    },
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}

Deno.test("a workspace without a file, or without a directory, has an empty cursor", async () => {
  await using given = await setUp();
  assertEquals(await loadState(given.dir, W), {
    workspace_id: W,
    last_since_id: "",
  });
});

Deno.test("a state of two keys is exactly the Go CLI's file, and comes back as it was", async () => {
  await using given = await setUp();
  const state = { workspace_id: W, last_since_id: "r-1" };
  await saveState(given.dir, state);
  assertEquals(
    JSON.parse(await Deno.readTextFile(given.path)),
    { workspace_id: W, last_since_id: "r-1" },
  );
  assertEquals(await loadState(given.dir, W), state);
});

Deno.test("a full state comes back as it was, and begins with the Go CLI's two keys", async () => {
  await using given = await setUp();
  await saveState(given.dir, fullState(W));
  const text = await Deno.readTextFile(given.path);
  assertEquals(Object.keys(JSON.parse(text)).slice(0, 3), [
    "workspace_id",
    "last_since_id",
    "version",
  ]);
  assertEquals(await loadState(given.dir, W), fullState(W));
});

for (
  const [what, text] of [
    ["on one line", `{"workspace_id":"${W}","last_since_id":"r-1"}`],
    [
      "indented",
      `{\n  "workspace_id": "${W}",\n  "last_since_id": "r-1"\n}\n`,
    ],
    ["in the other order", `{"last_since_id":"r-1","workspace_id":"${W}"}`],
  ] as const
) {
  Deno.test(`a Go CLI's file ${what} is believed`, async () => {
    await using given = await setUp();
    await given.put(text);
    assertEquals(await loadState(given.dir, W), {
      workspace_id: W,
      last_since_id: "r-1",
    });
  });
}

Deno.test("a Go CLI's file without a cursor has an empty one", async () => {
  await using given = await setUp();
  await given.put(`{"workspace_id":"${W}"}`);
  assertEquals((await loadState(given.dir, W)).last_since_id, "");
});

Deno.test({
  name:
    "file and directories are for the owner alone, and no temporary file is left",
  ignore: isWindows,
  fn: async () => {
    await using given = await setUp();
    await saveState(given.dir, fullState(W));
    await saveState(given.dir, { ...fullState(W), floor: 1 });
    const mode = async (path: string) => (await Deno.stat(path)).mode! & 0o777;
    assertEquals(await mode(given.path), 0o600);
    assertEquals(await mode(given.dir), 0o700);
    assertEquals(await mode(join(given.root, "a")), 0o700);
    const names = (await Array.fromAsync(Deno.readDir(given.dir))).map((
      entry,
    ) => entry.name);
    assertEquals(names, [`${W}.json`]);
  },
});

async function assertDamaged(dir: string, workspaceId = W): Promise<void> {
  const error = await assertRejects(
    () => loadState(dir, workspaceId),
    StateError,
  );
  assert(error.damaged, error.message);
  assert(error.path.endsWith(`${workspaceId}.json`));
}

Deno.test("no beginning of a full state's file is believed", async () => {
  await using given = await setUp();
  await saveState(given.dir, fullState(W));
  const whole = await Deno.readFile(given.path);
  for (let length = 0; length < whole.length; length++) {
    await given.put(whole.subarray(0, length));
    await assertDamaged(given.dir);
  }
});

for (const mask of [0x01, 0x80]) {
  Deno.test(`a full state's file of which bit ${mask} of any one byte flipped is not believed`, async () => {
    await using given = await setUp();
    await saveState(given.dir, fullState(W));
    const whole = await Deno.readFile(given.path);
    for (let i = 0; i < whole.length; i++) {
      const flipped = whole.slice();
      flipped[i]! ^= mask;
      await given.put(flipped);
      await assertDamaged(given.dir);
    }
  });
}

for (
  const [what, content] of [
    ["an empty file", ""],
    ["a list", "[]"],
    ["zeros, as after a power cut", "\0".repeat(500)],
    ["other JSON", '{"hello":"world"}'],
    [
      "a third key without a checksum",
      `{"workspace_id":"${W}","last_since_id":"","x":1}`,
    ],
    ["a cursor that is no string", `{"workspace_id":"${W}","last_since_id":5}`],
    ["another workspace's", '{"workspace_id":"other","last_since_id":"r-1"}'],
  ] as const
) {
  Deno.test(`${what} is not believed`, async () => {
    await using given = await setUp();
    await given.put(content);
    await assertDamaged(given.dir);
  });
}

Deno.test("a newer release's file is refused, but is not damaged", async () => {
  await using given = await setUp();
  await given.put(seal({ workspace_id: W, last_since_id: "", version: 2 }));
  const error = await assertRejects(() => loadState(given.dir, W), StateError);
  assertEquals(error.damaged, false);
  assert(error.message.includes("version 2"));
  assert(error.hint !== undefined);
});

Deno.test("a file that cannot be read is no damaged one", async () => {
  await using given = await setUp();
  await Deno.mkdir(given.path, { recursive: true });
  const error = await assertRejects(() => loadState(given.dir, W), StateError);
  assertEquals(error.damaged, false);
});

Deno.test("a write that fails leaves the old file, and says which", async () => {
  await using given = await setUp();
  await saveState(given.dir, { workspace_id: W, last_since_id: "old" });
  // A file stands where the new state's directory should be.
  const error = await assertRejects(
    () => saveState(given.path, { workspace_id: W, last_since_id: "new" }),
    StateError,
  );
  assertEquals(error.damaged, false);
  assert(error.message.includes(given.path));
  assertEquals((await loadState(given.dir, W)).last_since_id, "old");
});

Deno.test("a rename that fails leaves the old file and no temporary one", async () => {
  await using given = await setUp();
  await saveState(given.dir, { workspace_id: W, last_since_id: "old" });
  const rename = Deno.rename;
  Deno.rename = () => Promise.reject(new Error("disk full"));
  try {
    await assertRejects(() => saveState(given.dir, fullState(W)), StateError);
  } finally {
    Deno.rename = rename;
  }
  assertEquals((await loadState(given.dir, W)).last_since_id, "old");
  assertEquals((await Array.fromAsync(Deno.readDir(given.dir))).length, 1);
});

Deno.test("what was saved last is what is loaded, however many saves there were", async () => {
  await using given = await setUp();
  for (let i = 0; i < 50; i++) {
    await saveState(given.dir, { workspace_id: W, last_since_id: `r-${i}` });
  }
  assertEquals((await loadState(given.dir, W)).last_since_id, "r-49");
});

for (const id of ["../x", "..", ".", "a/b", "/etc/x", "a\\b", "ü", "..%2Fx"]) {
  Deno.test(`the state of workspace ${JSON.stringify(id)} stays in the directory`, async () => {
    await using given = await setUp();
    const state = { workspace_id: id, last_since_id: "r-1" };
    await saveState(given.dir, state);
    assertEquals(await loadState(given.dir, id), state);
    const entries = await Array.fromAsync(Deno.readDir(given.dir));
    assertEquals(entries.map((entry) => entry.isFile), [true]);
    const around = await Array.fromAsync(Deno.readDir(join(given.root, "a")));
    assertEquals(around.map((entry) => entry.name), ["state"]);
  });
}
