/** The back end `codex` with a program that stands in for it, in a real process. */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStringIncludes,
} from "@std/assert";
import type { Backend, BackendContext } from "../src/backends/backend.ts";
import { createBackend } from "../src/backends/registry.ts";
import { BackendError, UsageError } from "../src/errors.ts";
import { isWindows } from "../src/os/platform.ts";
import { testContext, testMessage } from "../src/testing/backend_context.ts";
import { backendContract } from "../src/testing/backend_contract.ts";

const ignore = isWindows;

/** Notes how it was called, and answers as codex does; what it does besides stands in the message. */
const PROGRAM = `
const here = import.meta.dirname;
const say = (event) => console.log(JSON.stringify(event));
if (Deno.args[0] === "login") {
  const out = await Deno.stat(here + "/logged-out").then(() => true, () => false);
  console.error(out ? "Not logged in" : "Logged in using an API key");
  Deno.exit(out ? 1 : 0);
}
const stdin = await new Response(Deno.stdin.readable).text();
const call = { args: Deno.args, env: Deno.env.toObject(), cwd: Deno.cwd(), stdin };
Deno.writeTextFileSync(here + "/" + Date.now() + crypto.randomUUID() + ".json", JSON.stringify(call));
if (Deno.args.includes("hang")) await new Promise((end) => setTimeout(end, 600_000));
const at = Deno.args.indexOf("resume");
const thread = at === -1 ? crypto.randomUUID() : Deno.args[at + 1];
const file = here + "/" + thread + ".thread";
if (at !== -1 && !(await Deno.stat(file).then(() => true, () => false))) {
  console.error("Error: thread/resume failed: no rollout found for thread id " + thread);
  Deno.exit(1);
}
const text = stdin.slice(stdin.indexOf("\\n\\n") + 2);
Deno.writeTextFileSync(file, text + "|", { append: true });
say({ type: "thread.started", thread_id: thread });
say({ type: "item.completed", item: { type: "error", message: "a mere warning" } });
say({ type: "turn.started" });
console.log("no event at all");
if (text === "use a tool") say({ type: "item.started", item: { type: "command_execution", command: "cat /etc/passwd" } });
if (text === "limit") {
  say({ type: "turn.failed", error: { message: "You've hit your usage limit. Try again later." } });
  Deno.exit(1);
}
if (text === "refused") {
  say({ type: "error", message: "Reconnecting... 2/5" });
  say({ type: "turn.failed", error: { message: "unexpected status 401 Unauthorized" } });
  Deno.exit(1);
}
if (text === "die") Deno.exit(3);
if (text === "panic") {
  console.error("thread 'main' panicked at src/exec.rs:429:13, see 401");
  Deno.exit(101);
}
if (text === "argument") {
  console.error("error: unexpected argument '--new' found");
  Deno.exit(2);
}
say({ type: "item.completed", item: { type: "agent_message", text: "let me see" } });
say({ type: "item.completed", item: { type: "agent_message", text: "codex read: " + Deno.readTextFileSync(file) } });
say({ type: "turn.completed", usage: { input_tokens: 7, output_tokens: 3 } });
`;

interface Call {
  readonly args: string[];
  readonly env: Record<string, string>;
  readonly stdin: string;
}

class StandIn implements AsyncDisposable {
  readonly bin: string;
  private constructor(readonly directory: string) {
    this.bin = `${directory}/codex`;
  }

  static async create(): Promise<StandIn> {
    const standIn = new StandIn(await Deno.makeTempDir());
    await Deno.writeTextFile(`${standIn.directory}/codex.js`, PROGRAM);
    const run = `exec '${Deno.execPath()}' run -A --no-config --no-lock`;
    await Deno.writeTextFile(
      standIn.bin,
      `#!/bin/sh\n${run} "$(dirname "$0")/codex.js" "$@"\n`,
      { mode: 0o755 },
    );
    return standIn;
  }

  /** Every call so far, the oldest first. */
  async calls(): Promise<Call[]> {
    const names: string[] = [];
    for await (const { name } of Deno.readDir(this.directory)) {
      if (name.endsWith(".json")) names.push(name);
    }
    return await Promise.all(
      names.sort().map(async (name) =>
        JSON.parse(await Deno.readTextFile(`${this.directory}/${name}`))
      ),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.directory, { recursive: true });
  }
}

/** A session whose text is kept. */
function session(): BackendContext["session"] {
  let kept: string | undefined;
  return {
    id: "5f1c3c52-27b6-5c4c-9e43-b2c8ad2f3f6b",
    fresh: true,
    get kept() {
      return kept;
    },
    keep: (text) => {
      kept = text;
      return Promise.resolve();
    },
  };
}

async function ask(
  backend: Backend,
  text: string,
  more: Partial<BackendContext> = {},
): Promise<string> {
  const { parts } = await backend.handle(testMessage(text), testContext(more));
  return parts.map((part) => part.kind === "text" ? part.text : "").join("");
}

function posix(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore, fn });
}

const shared = ignore ? undefined : await StandIn.create();
addEventListener("unload", () => {
  if (shared) Deno.removeSync(shared.directory, { recursive: true });
});
backendContract({
  name: "codex",
  make: () => createBackend("codex", { bin: shared!.bin }),
  makeEndless: () =>
    createBackend("codex", { bin: shared!.bin, model: "hang" }),
  ignore,
});

posix(
  "codex goes on in the conversation's own thread, and two do not mix",
  async () => {
    await using standIn = await StandIn.create();
    const backend = createBackend("codex", { bin: standIn.bin });
    const one = session();
    const two = session();
    await ask(backend, "1a", { session: one });
    await ask(backend, "2a", { session: two });
    assertEquals(
      await ask(backend, "1b", { session: one }),
      "codex read: 1a|1b|",
    );
    const again = createBackend("codex", { bin: standIn.bin }); // after a restart
    assertEquals(
      await ask(again, "2b", { session: two }),
      "codex read: 2a|2b|",
    );
  },
);

posix(
  "codex begins a new thread where the old one is gone, and keeps that one",
  async () => {
    await using standIn = await StandIn.create();
    const backend = createBackend("codex", { bin: standIn.bin });
    const gone = session();
    await gone.keep(
      JSON.stringify({ id: "01a20f28-644e-7572-9bc8-873fb01978a9" }),
    );
    assertEquals(await ask(backend, "a", { session: gone }), "codex read: a|");
    assertEquals(
      await ask(backend, "b", { session: gone }),
      "codex read: a|b|",
    );
  },
);

for (
  const kept of [
    JSON.stringify({ id: "--dangerously-bypass-approvals-and-sandbox" }),
    "no JSON",
    "null",
  ]
) {
  posix(`codex begins a new thread where ${kept} was kept`, async () => {
    await using standIn = await StandIn.create();
    const odd = session();
    await odd.keep(kept);
    const backend = createBackend("codex", { bin: standIn.bin });
    await ask(backend, "a", { session: odd });
    const [call] = await standIn.calls();
    assert(!call!.args.includes("resume"));
  });
}

posix(
  "codex gets no tool, no settings of the operator's, no token, and the text on stdin alone",
  async () => {
    await using standIn = await StandIn.create();
    Deno.env.set("MOLECULE_WORKSPACE_TOKEN", "tok_live_0123456789");
    try {
      const backend = createBackend("codex", { bin: standIn.bin });
      await ask(backend, "--yolo /init @/etc/passwd $(id)");
    } finally {
      Deno.env.delete("MOLECULE_WORKSPACE_TOKEN");
    }
    const [{ args, env, stdin }] = await standIn.calls() as [Call];
    assertEquals(args, [
      ...["exec", "--json", "--skip-git-repo-check", "-s", "read-only"],
      ...["--disable", "shell_tool", "--disable", "view_image"],
      ...["--ignore-user-config", "--ignore-rules"],
      ...["--disable", "multi_agent", "--disable", "goals"],
      ...["--disable", "apps", "-c", 'web_search="disabled"', "-"],
    ]);
    assert(!JSON.stringify(env).includes("tok_live"));
    assertEquals(
      stdin,
      "[Message from another workspace, id peer-1]\n\n--yolo /init @/etc/passwd $(id)",
    );
  },
);

posix("codex works with what the operator allows", async () => {
  await using standIn = await StandIn.create();
  const backend = createBackend("codex", {
    bin: standIn.bin,
    shell: "workspace-write",
    settings: "user",
    model: "m1",
    args: "-c 'a=\"b c\"'",
  });
  const file = (path: string) => ({ path, name: "x", mimeType: "", size: 1 });
  await ask(backend, "hi", {
    outboxDir: "/out",
    files: [file("/in/-a.PNG"), file("/in/b.txt")],
  });
  const [{ args, stdin }] = await standIn.calls() as [Call];
  assertEquals(args, [
    ...["exec", "--json", "--skip-git-repo-check", "-s", "workspace-write"],
    ...["-c", 'shell_environment_policy.inherit="core"', "--add-dir", "/out"],
    ...["--disable", "multi_agent", "--disable", "goals"],
    ...["--disable", "apps", "-c", 'web_search="disabled"', "-m", "m1"],
    ...["--image=/in/-a.PNG", "-c", 'a="b c"', "-"],
  ]);
  assertStringIncludes(stdin, "/in/b.txt (1 bytes)]");
  assertStringIncludes(stdin, "leave in /out are sent");
});

posix("codex tells what it does in fixed words, and what it cost", async () => {
  await using standIn = await StandIn.create();
  const told: string[] = [];
  const backend = createBackend("codex", { bin: standIn.bin });
  const reply = await backend.handle(
    testMessage("use a tool"),
    testContext({ progress: (words) => told.push(words) }),
  );
  assertEquals(told, ["Using a shell"]);
  assertEquals(reply.usage, { inputTokens: 7, outputTokens: 3 });
  // Codex tells what the whole thread has cost: of the second turn that is nothing more.
  const kept = session();
  await ask(backend, "a", { session: kept });
  const more = await backend.handle(
    testMessage("b"),
    testContext({ session: kept }),
  );
  assertEquals(more.usage, { inputTokens: 0, outputTokens: 0 });
});

for (
  const [text, kind, failure, says] of [
    ["limit", "weather", "failed", "usage limit"],
    ["refused", "final", "not_ready", "401"],
    ["die", "retry", "failed", "exit code 3"],
    ["panic", "retry", "failed", "exec.rs:429:13"],
    ["argument", "final", "not_ready", "unexpected argument"],
  ] as const
) {
  posix(`codex that ends with "${text}" is ${kind}`, async () => {
    await using standIn = await StandIn.create();
    const error = await ask(
      createBackend("codex", { bin: standIn.bin }),
      text,
    ).catch((error: unknown) => error);
    if (!(error instanceof BackendError)) throw error;
    assertEquals([error.kind, error.failure], [kind, failure]);
    assertStringIncludes(error.message, says);
    // OPENAI_API_KEY would be none that codex exec takes.
    assertEquals(
      error.hint?.includes("CODEX_API_KEY") ?? false,
      text === "refused",
    );
  });
}

posix(
  "codex says before the first message that nobody is logged in, or that it is not there",
  async () => {
    await using standIn = await StandIn.create();
    const { signal } = testContext();
    const check = (options: Record<string, string>) =>
      createBackend("codex", { bin: standIn.bin, ...options }).check!(signal);
    assertEquals(await check({}), { ready: true });
    await Deno.writeTextFile(`${standIn.directory}/logged-out`, "");
    assertEquals(await check({}), {
      ready: false,
      reason: "Codex is not logged in",
      remedy: 'run "codex login" as this user, or set CODEX_API_KEY',
    });
    assertEquals(await check({ args: "--oss" }), { ready: true });
    assertEquals(await check({ bin: "/nowhere/codex" }), {
      ready: false,
      reason: 'Cannot find the command "/nowhere/codex"',
      remedy: "install it, or give its full path",
    });
  },
);

for (const args of ["--json", "-s danger-full-access", "resume x", "'open"]) {
  Deno.test(`codex refuses the arguments ${args}`, () => {
    let error: unknown;
    try {
      createBackend("codex", { args });
    } catch (thrown) {
      error = thrown;
    }
    assertInstanceOf(error, UsageError);
  });
}
