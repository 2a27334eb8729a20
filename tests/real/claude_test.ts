/**
 * What a message can do to the real Claude Code, and what it remembers. Runs where a `claude` is found; it asks a model
 * that is played on this machine, with a home directory of its own, so it needs no account and touches none.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { dirname } from "@std/path";
import type { ModelAnswer } from "./anthropic_api.ts";
import { answerOf, claude, RealClaude } from "./real_claude.ts";

function real(name: string, fn: (real: RealClaude) => Promise<void>): void {
  Deno.test({
    name: `real claude: ${name}`,
    ignore: claude === undefined,
    async fn() {
      await using real = await RealClaude.create();
      await fn(real);
    },
  });
}

function calls(
  name: string,
  input: Readonly<Record<string, unknown>>,
): ModelAnswer[] {
  return [{ call: { name, input } }, { text: "done" }];
}

const bash = (command: string) => calls("Bash", { command, description: "x" });
const read = (file_path: string) => calls("Read", { file_path });
const write = (file_path: string) =>
  calls("Write", { file_path, content: "planted" });

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Every file below a directory. */
async function filesBelow(directory: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    const path = `${directory}/${name}`;
    files.push(...isDirectory ? await filesBelow(path) : [path]);
  }
  return files;
}

real("answers, and reports the tokens of this turn alone", async (real) => {
  const session = { id: crypto.randomUUID(), fresh: true };
  for (const fresh of [true, false]) {
    const { reply } = await real.ask("hi", { session: { ...session, fresh } });
    assertEquals(reply?.parts, [{ kind: "text", text: "hello" }]);
    assertEquals(reply?.usage, { inputTokens: 11, outputTokens: 7 });
  }
});

real(
  "remembers a conversation over restarts, and no other one",
  async (real) => {
    const [a, b] = [crypto.randomUUID(), crypto.randomUUID()];
    const ask = (text: string, id: string, fresh: boolean) =>
      real.ask(text, { session: { id, fresh } });
    await ask("first-of-a", a, true);
    await ask("first-of-b", b, true);
    // A session that is said to be new and is not, and one that is said to be old and is not.
    await ask("second-of-a", a, true);
    const asked = real.api.asked.at(-1) ?? "";
    for (const text of ["first-of-a", "second-of-a"]) {
      assertStringIncludes(asked, text);
    }
    assert(!asked.includes("first-of-b"));
    const outcome = await ask("first-of-c", crypto.randomUUID(), false);
    assertEquals(answerOf(outcome), "hello");
    assert(!(real.api.asked.at(-1) ?? "").includes("first-of-a"));
  },
);

real("attaches no file that a message mentions", async (real) => {
  await Deno.writeTextFile(`${real.work}/near.txt`, "CANARY-NEAR");
  await Deno.writeTextFile(`${real.home}/far.txt`, "CANARY-FAR");
  await real.ask(`@${real.home}/far.txt and look at @near.txt`);
  assertEquals(real.api.asked.length, 1);
  assertStringIncludes(real.api.asked[0]!, "far.txt");
  assert(!real.api.asked[0]!.includes("CANARY"));
});

for (
  const text of [
    "/config autoCompact=false",
    "/clear",
    "/cost",
    "/compact",
    "/context",
    "!touch planted",
    "-p --version",
    "--dangerously-skip-permissions",
  ]
) {
  real(`gives the model "${text}" as text`, async (real) => {
    assertEquals(answerOf(await real.ask(text)), "hello");
    const [asked = ""] = real.api.asked;
    assertStringIncludes(asked, JSON.stringify(`\n\n${text}`).slice(1, -1));
    assert(!await exists(real.settingsPath));
    assert(!await exists(`${real.work}/planted`));
  });
}

real("takes a text that no argument could hold", async (real) => {
  const text = "y".repeat(200_000);
  assertEquals(answerOf(await real.ask(text)), "hello");
  assertStringIncludes(real.api.asked[0]!, text);
});

real(
  "runs no tool and no hook that the operator's own settings allow",
  async (real) => {
    await real.settings({
      permissions: { allow: ["Bash", "Write", "Read"] },
      hooks: {
        UserPromptSubmit: [{
          hooks: [{ type: "command", command: `touch ${real.home}/hooked` }],
        }],
      },
    });
    for (
      const answers of [bash("touch planted"), write(`${real.work}/planted`)]
    ) {
      real.api.answers(...answers);
      assertEquals(answerOf(await real.ask("please")), "done");
      assertStringIncludes(real.api.toolResults, '"is_error":true');
    }
    assert(!await exists(`${real.work}/planted`));
    assert(!await exists(`${real.home}/hooked`));
    // With the operator's word for it they count.
    real.api.answers(...bash("touch planted"));
    const options = { settings: "user", allowed_tools: "Bash" };
    await real.ask("please", { options });
    assert(await exists(`${real.work}/planted`));
    assert(await exists(`${real.home}/hooked`));
  },
);

for (
  const [what, answers] of [
    ["a command that claude takes for harmless", bash("id")],
    [
      "a job",
      calls("CronCreate", {
        cron: "* * * * *",
        prompt: "x",
        recurring: true,
        durable: true,
      }),
    ],
    ["a work tree", calls("EnterWorktree", { name: "x" })],
    [
      "an agent of its own",
      calls("Task", {
        description: "x",
        prompt: "y",
        subagent_type: "general-purpose",
      }),
    ],
    [
      "a page of the web",
      calls("WebFetch", { url: "http://127.0.0.1:1/", prompt: "x" }),
    ],
  ] as const
) {
  real(`without a grant there is no ${what}`, async (real) => {
    real.api.answers(...answers);
    assertEquals(answerOf(await real.ask("please")), "done");
    assertStringIncludes(real.api.toolResults, "No such tool available");
    assertEquals(real.api.asked.length, 2);
    assertEquals(await filesBelow(real.work), []);
  });
}

real(
  "reads in its directory, not elsewhere, and says what was denied",
  async (real) => {
    await Deno.writeTextFile(`${real.work}/near.txt`, "CANARY-NEAR");
    await Deno.writeTextFile(`${real.home}/far.txt`, "CANARY-FAR");
    real.api.answers(...read(`${real.work}/near.txt`));
    await real.ask("please");
    assertStringIncludes(real.api.toolResults, "CANARY-NEAR");
    real.api.answers(...read(`${real.home}/far.txt`));
    await real.ask("please");
    assert(!real.api.toolResults.includes("CANARY"));
    assertEquals(real.progress, ["Using Read", "Using Read"]);
  },
);

real(
  "reads no transcript of another conversation, and notes nothing for it",
  async (real) => {
    await real.ask("CANARY-OF-ANOTHER");
    const transcripts = await filesBelow(`${real.home}/.claude/projects`);
    const [transcript = ""] = transcripts.filter((path) =>
      path.endsWith(".jsonl")
    );
    assertStringIncludes(await Deno.readTextFile(transcript), "CANARY");
    real.api.answers(...read(transcript));
    await real.ask("please");
    assert(!real.api.toolResults.includes("CANARY"));
    // Not even an agent that may edit files, and so write notes where claude looks for them.
    const memory = `${transcript.replace(/[^/]*$/, "")}memory/MEMORY.md`;
    real.api.answers(...write(memory));
    await real.ask("please", { options: { permission_mode: "acceptEdits" } });
    assert(!await exists(memory));
  },
);

real(
  "reads no state of the connector, although it works in the directory above",
  async (real) => {
    const state = dirname(real.work);
    await Deno.writeTextFile(`${state}/x.token.json`, "CANARY-TOKEN");
    await Deno.writeTextFile(`${state}/x.txt`, "CANARY-OTHER");
    const kept = ["sessions", "dead", "replies", "handled", "retry"]
      .map((kind) => `${state}/x.${kind}/one.json`);
    for (const path of kept) {
      await Deno.mkdir(dirname(path));
      await Deno.writeTextFile(path, "CANARY-KEPT");
    }
    const options = { cwd: state, allowed_tools: "Read,Bash(cat *)" };
    for (
      const answers of [
        read(`${state}/x.token.json`),
        ...kept.map(read),
        bash(`cat ${state}/x.token.json`),
      ]
    ) {
      real.api.answers(...answers);
      assertEquals(answerOf(await real.ask("please", { options })), "done");
      assert(!real.api.toolResults.includes("CANARY"));
    }
    real.api.answers(...read(`${state}/x.txt`));
    await real.ask("please", { options });
    assertStringIncludes(real.api.toolResults, "CANARY-OTHER");
  },
);

real("sees no notes of the operator in that directory", async (real) => {
  await real.ask("hi");
  const [project = ""] = (await filesBelow(`${real.home}/.claude/projects`))
    .map((path) => path.replace(/[^/]*$/, ""));
  await Deno.mkdir(`${project}memory`, { recursive: true });
  await Deno.writeTextFile(`${project}memory/MEMORY.md`, "CANARY-MEMORY");
  await Deno.writeTextFile(`${real.work}/CLAUDE.md`, "CANARY-PROJECT");
  await real.ask("hi");
  assert(!real.api.asked.at(-1)!.includes("CANARY"));
  await real.ask("hi", { options: { settings: "project" } });
  assertStringIncludes(real.api.asked.at(-1)!, "CANARY-PROJECT");
});

real(
  "shows a command neither the connector's token nor another's key",
  async (real) => {
    real.env = {
      ...real.env,
      MOLECULE_WORKSPACE_TOKEN: "tok_0123456789",
      OTHER_API_KEY: "other_0123456789",
    };
    real.api.answers(...bash("env"));
    await real.ask("please", { options: { allowed_tools: "Bash" } });
    assertStringIncludes(real.api.toolResults, "MOLECULE_TURN=");
    assert(!real.api.asked.join().includes("tok_0123456789"));
    assert(!real.api.asked.join().includes("other_0123456789"));
  },
);

real(
  "reads the message's files, and leaves files to send where it may edit",
  async (real) => {
    const path = `${real.home}/in/a.txt`;
    await Deno.mkdir(`${real.home}/in`);
    await Deno.writeTextFile(path, "CANARY-FILE");
    const files = [{ path, name: "a.txt", mimeType: "text/plain", size: 11 }];
    real.api.answers(...read(path));
    await real.ask("look", { context: { files } });
    assertStringIncludes(real.api.toolResults, "CANARY-FILE");
    real.api.answers(...write(`${real.outbox}/b.txt`));
    await real.ask("send");
    assert(!await exists(`${real.outbox}/b.txt`));
    real.api.answers(...write(`${real.outbox}/b.txt`));
    await real.ask("send", { options: { permission_mode: "acceptEdits" } });
    assertEquals(await Deno.readTextFile(`${real.outbox}/b.txt`), "planted");
    assertStringIncludes(real.api.asked.at(-1)!, `leave in ${real.outbox}`);
  },
);

real("takes every option", async (real) => {
  const options = {
    model: "claude-haiku-4-5",
    append_system_prompt: "CANARY-PROMPT",
    max_turns: "1",
    permission_mode: "dontAsk",
    mcp_config: `{"mcpServers":{}}`,
    args: "--effort low",
  };
  real.api.answers(...read(`${real.work}/x`));
  const { failed } = await real.ask("hi", { options });
  assertEquals([failed?.kind, failed?.failure], ["final", "too_many_steps"]);
  assertStringIncludes(real.api.asked[0]!, "CANARY-PROMPT");
  assertStringIncludes(real.api.asked[0]!, `"model":"claude-haiku-4-5`);
});

for (
  const [status, type, kind, failure] of [
    [429, "rate_limit_error", "weather", "failed"],
    [529, "overloaded_error", "weather", "failed"],
    [401, "authentication_error", "final", "not_ready"],
    [500, "api_error", "retry", "failed"],
  ] as const
) {
  real(`fails with the API's ${status} as ${kind}`, async (real) => {
    real.api.answers({ status, type });
    const { failed } = await real.ask("hi");
    assertEquals([failed?.kind, failed?.failure], [kind, failure]);
    assertEquals(new Set(real.progress), new Set(["Waiting for the model"]));
  });
}

real("waits where the API cannot be reached", async (real) => {
  real.env = { ...real.env, ANTHROPIC_BASE_URL: "http://127.0.0.1:1" };
  assertEquals((await real.ask("hi")).failed?.kind, "weather");
});

real("waits as long as a usage limit lasts", async (real) => {
  real.env = { CLAUDE_CODE_OAUTH_TOKEN: "sk-ant-oat01-0123456789" };
  const reset = Math.ceil(Date.now() / 1000) + 7200;
  real.api.answers({
    status: 429,
    type: "rate_limit_error",
    headers: {
      "anthropic-ratelimit-unified-status": "rejected",
      "anthropic-ratelimit-unified-reset": String(reset),
      "anthropic-ratelimit-unified-representative-claim": "five_hour",
    },
  });
  const { failed } = await real.ask("hi");
  assertEquals(failed?.kind, "weather");
  assert((failed?.retryAfterMs ?? 0) > 7_000_000);
});

real("says that nobody is logged in", async (real) => {
  real.env = {};
  const { failed } = await real.ask("hi");
  assertEquals([failed?.kind, failed?.failure], ["final", "not_ready"]);
});

real(
  "is interrupted at a stop, and goes on with that conversation",
  async (real) => {
    const session = { id: crypto.randomUUID(), fresh: true };
    real.api.answers("silence");
    const stopped = await real.ask("first", { session }, (program) => {
      void real.api.silent.then(() => program.signal("SIGUSR1"));
    });
    assertEquals(stopped, { stopped: "told to" });
    real.api.answers({ text: "going on" });
    const outcome = await real.ask("second", { session });
    assertEquals(answerOf(outcome), "going on");
    assertStringIncludes(real.api.asked.at(-1)!, "first");
  },
);

real(
  "goes on where a first turn was killed before anything was written",
  async (real) => {
    const id = crypto.randomUUID();
    await real.ask("hi", { session: { id, fresh: true } });
    const [transcript = ""] = await filesBelow(`${real.home}/.claude/projects`);
    await Deno.writeTextFile(transcript, "");
    const outcome = await real.ask("hi", { session: { id, fresh: true } });
    assertEquals(answerOf(outcome), "hello");
  },
);
