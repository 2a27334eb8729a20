/** The back end `acp` with a scripted agent: conversations, what a turn comes to, and permissions. */
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { dirname } from "@std/path";
import { deniedRules } from "../src/backends/claude/denied.ts";
import { BackendError } from "../src/errors.ts";
import { createBackend } from "../src/backends/registry.ts";
import type { Logger } from "../src/log.ts";
import { ONCE } from "./acp_agent.ts";
import { AcpStage, agentCommand } from "./acp_stage.ts";
import { testContext } from "../src/testing/backend_context.ts";
import { backendContract } from "../src/testing/backend_contract.ts";

async function failure(asked: Promise<unknown>): Promise<BackendError> {
  return await assertRejects(() => asked, BackendError);
}

Deno.test("acp: two conversations interleaved, each sees its own history, in one process", async () => {
  await using stage = await AcpStage.create();
  const backend = stage.backend();
  assertEquals(await stage.answer(backend, "a1", "a"), "heard: a1");
  assertEquals(await stage.answer(backend, "b1", "b"), "heard: b1");
  assertEquals(await stage.answer(backend, "a2", "a"), "heard: a1 | a2");
  assertEquals(await stage.answer(backend, "b2", "b"), "heard: b1 | b2");
  const log = await stage.log();
  assertEquals(log.filter((line) => line.startsWith("initialize")).length, 1);
  assertEquals(
    log.filter((line) => line.startsWith("new")),
    [`new ${stage.workDir}`, `new ${stage.workDir}`],
  );
});

Deno.test("acp: Claude behind it is denied the state directory and a directory of its own that was passed on", async () => {
  await using stage = await AcpStage.create();
  Deno.env.set("CLAUDE_CONFIG_DIR", stage.path("claude"));
  try {
    const backend = stage.backend({ options: { pass_env: "CLAUDE_*" } });
    await stage.answer(backend, "hi");
  } finally {
    Deno.env.delete("CLAUDE_CONFIG_DIR");
  }
  const meta = (await stage.log()).find((line) => line.startsWith("meta"));
  const { disallowedTools } =
    JSON.parse(meta?.slice("meta ".length) ?? "").claudeCode.options;
  assertEquals(
    disallowedTools,
    deniedRules({
      configDir: stage.path("claude"),
      stateDir: dirname(stage.workDir),
    }),
  );
});

Deno.test("acp: several messages at once in one conversation are answered one after the other", async () => {
  await using stage = await AcpStage.create();
  const backend = stage.backend();
  const go = stage.path("go");
  const first = stage.answer(backend, `WAIT-FOR ${go}`);
  const second = stage.answer(backend, "second");
  const third = stage.answer(backend, "third");
  await stage.noted("turn WAIT-FOR");
  await Deno.writeTextFile(go, "");
  assertEquals(await first, "waited 1");
  assertStringIncludes(await second, "| second");
  assertStringIncludes(await third, "| second | third");
});

Deno.test("acp: turns of two conversations run at the same time", async () => {
  await using stage = await AcpStage.create();
  const backend = stage.backend();
  const go = stage.path("go");
  const slow = stage.answer(backend, `WAIT-FOR ${go}`, "a");
  await stage.noted("turn WAIT-FOR");
  assertEquals(await stage.answer(backend, "quick", "b"), "heard: quick");
  await Deno.writeTextFile(go, "");
  assertEquals(await slow, "waited 1");
});

for (const takesUp of ["load", "load late", "resume"] as const) {
  Deno.test(`acp: a conversation goes on after a restart with ${takesUp}, and its past is no answer`, async () => {
    await using stage = await AcpStage.create();
    const manner = { takesUp };
    const before = stage.backend({ manner });
    await stage.ask(before, "one");
    await before.close?.();
    const after = stage.backend({ manner });
    assertEquals(await stage.answer(after, "two"), "heard: one | two");
  });
}

for (const takesUp of [undefined, "load", "resume"] as const) {
  Deno.test(`acp: a session that ${takesUp ?? "no way to take one up"} does not bring back begins anew`, async () => {
    await using stage = await AcpStage.create();
    stage.kept.set("one", "a session of long ago");
    const told: string[] = [];
    const { log } = testContext();
    const backend = stage.backend({
      manner: takesUp === undefined ? {} : { takesUp },
    });
    const answer = await stage.answer(backend, "hi", "one", {
      log: { ...log, info: (line) => told.push(line) },
    });
    assertEquals(answer, "heard: hi");
    assertEquals(told, [
      "the agent begins this conversation without its memory",
    ]);
    assert(stage.kept.get("one") !== "a session of long ago");
  });
}

const REFUSALS = [
  [429, "Too many requests", "weather", "failed"],
  [401, "Unauthorized", "final", "not_ready"],
  [-32603, "Internal error", "retry", "failed"],
] as const;
for (const [code, message, kind, failed] of REFUSALS) {
  for (const method of ["session/new", "session/load"]) {
    Deno.test(`acp: an agent that refuses ${method} with ${code} is ${kind}, and what was kept stays`, async () => {
      await using stage = await AcpStage.create();
      const takesUp = "load";
      const refuses = { [method]: { code, message } };
      const kept = method === "session/load" ? "a session of before" : "";
      if (kept !== "") stage.kept.set("one", kept);
      const backend = stage.backend({ manner: { takesUp, refuses } });
      const error = await failure(stage.ask(backend, "hi"));
      assertEquals([error.kind, error.failure], [kind, failed]);
      assertEquals(stage.kept.get("one") ?? "", kept);
    });
  }
}

Deno.test("acp: a session that is refused twice with words that say nothing begins anew", async () => {
  await using stage = await AcpStage.create();
  stage.kept.set("one", "a session of before");
  // As opencode 1.18.33 says of one that it does not know.
  const message = "Internal error: OpenCode service failure";
  const refuses = { "session/resume": { code: -32603, message } };
  const backend = stage.backend({ manner: { takesUp: "resume", refuses } });
  assertEquals((await failure(stage.ask(backend, "hi"))).kind, "retry");
  assertEquals(await stage.answer(backend, "hi"), "heard: hi");
});

Deno.test("acp: a session that the agent lost in the middle is begun anew by the next try", async () => {
  await using stage = await AcpStage.create();
  const backend = stage.backend();
  const error = await failure(stage.ask(backend, "LOSE-SESSION"));
  assertEquals(error.kind, "retry");
  assertEquals(await stage.answer(backend, "hi"), "heard: hi");
});

Deno.test("acp: at most 100 sessions are open; the one that was idle longest is closed, and taken up again", async () => {
  await using stage = await AcpStage.create();
  const backend = stage.backend({ manner: { takesUp: "resume" } });
  for (let count = 0; count <= 100; count++) {
    await stage.ask(backend, `first ${count}`, `s${count}`);
  }
  await stage.noted("close");
  const log = await stage.log();
  assertEquals(log.filter((line) => line === "close").length, 1);
  assertEquals(log.includes("session/resume"), false);
  assertEquals(
    await stage.answer(backend, "again", "s0"),
    "heard: first 0 | again",
  );
  assertEquals((await stage.log()).includes("session/resume"), true);
});

Deno.test("acp: the answer is what the agent says after its last tool, and all of it where it says nothing then", async () => {
  await using stage = await AcpStage.create();
  const backend = stage.backend();
  const progress: string[] = [];
  const context = { progress: (text: string) => void progress.push(text) };
  assertEquals(
    await stage.answer(backend, "TOOLS read", "one", context),
    "the answer\n\nand more",
  );
  assertEquals(
    await stage.answer(backend, "TOOLS silence", "one", context),
    "first\n\nbetween",
  );
  assertEquals(progress, [
    "Running a command",
    "Reading",
    "Running a command",
    "Using a tool",
  ]);
});

Deno.test("acp: what a turn cost is told", async () => {
  await using stage = await AcpStage.create();
  const { usage } = await stage.ask(stage.backend(), "hi");
  assertEquals(usage, { inputTokens: 7, outputTokens: 3 });
});

const STOPS = [
  ["max_turn_requests", "final", "too_many_steps"],
  ["refusal", "final", "refused"],
  ["cancelled", "retry", "failed"],
] as const;
for (const [stop, kind, failed] of STOPS) {
  Deno.test(`acp: a turn that stops with ${stop} is no answer`, async () => {
    await using stage = await AcpStage.create();
    const error = await failure(stage.ask(stage.backend(), `STOP ${stop}`));
    assertEquals([error.kind, error.failure], [kind, failed]);
  });
}

Deno.test("acp: an answer that reached the longest is told as cut off", async () => {
  await using stage = await AcpStage.create();
  const answer = await stage.answer(stage.backend(), "STOP max_tokens");
  assertEquals(
    answer,
    "so far\n\n(This answer was cut off: it reached the longest that I can write.)",
  );
});

function permit(kind: string, more: Record<string, unknown> = {}): string {
  const toolCall = { toolCallId: "call", title: "rm -rf /", kind, ...more };
  return `PERMIT ${JSON.stringify({ toolCall, options: ONCE })}`;
}

const SELECTED = { yes: "once", no: "no" };
const POLICIES = [
  ["reject", "execute", "no"],
  ["allow", "execute", "yes"],
  ["read,search", "read", "yes"],
  ["read,search", "execute", "no"],
  ["read,search", "a kind of its own", "no"],
  ["other", "a kind of its own", "yes"],
] as const;
for (const [permission, kind, is] of POLICIES) {
  Deno.test(`acp: with permission=${permission} a tool of kind ${kind}: ${is}, this once`, async () => {
    await using stage = await AcpStage.create();
    const backend = stage.backend({ options: { permission } });
    const lines: string[] = [];
    const { log } = testContext();
    const note: Logger["info"] = (line, fields) =>
      lines.push(`${line} ${JSON.stringify(fields)}`);
    const answer = await stage.answer(backend, permit(kind), "one", {
      log: { ...log, info: note },
    });
    assertEquals(JSON.parse(answer), {
      outcome: "selected",
      optionId: SELECTED[is],
    });
    assertEquals(lines.length, 1);
    assert(!lines[0]!.includes("rm -rf"), "a title is a stranger's text");
  });
}

Deno.test("acp: a grant that would hold for ever is not given", async () => {
  await using stage = await AcpStage.create();
  const backend = stage.backend({ options: { permission: "allow" } });
  const ask = (...options: unknown[]) =>
    stage.answer(
      backend,
      `PERMIT ${JSON.stringify({ toolCall: { kind: "read" }, options })}`,
    );
  const [always, , no] = ONCE;
  assertEquals(JSON.parse(await ask(always, no)).optionId, "no");
  assertEquals(JSON.parse(await ask(always)), { outcome: "cancelled" });
});

Deno.test("acp: the files of the message itself may be read, and no others", async () => {
  await using stage = await AcpStage.create();
  const backend = stage.backend();
  const path = "/files/of/the/message/report.txt";
  const files = [{ path, name: "report.txt", mimeType: "text/plain", size: 3 }];
  const ask = async (...paths: string[]) => {
    const locations = paths.map((path) => ({ path }));
    const text = permit("read", { locations });
    const answer = await stage.answer(backend, text, "one", { files });
    return JSON.parse(answer).optionId;
  };
  assertEquals(await ask(path), "once");
  assertEquals(await ask(path, "/etc/passwd"), "no");
  assertEquals(await ask(`${path}/../../secret`), "no");
  assertEquals(await ask(), "no");
});

Deno.test("acp: nothing else that an agent asks for is there", async () => {
  await using stage = await AcpStage.create();
  const answer = await stage.answer(stage.backend(), "READ-FILE /etc/passwd");
  assertEquals(JSON.parse(answer).error.code, -32601);
  const [initialize] = await stage.log();
  assertStringIncludes(initialize!, '"readTextFile":false');
});

Deno.test("acp: the text comes behind a header, in no argument, with links to the files", async () => {
  await using stage = await AcpStage.create();
  const files = [{
    path: "/files/a b.txt",
    name: "a b.txt",
    mimeType: "text/plain",
    size: 3,
  }];
  const text = "PROMPT /compact @/etc/passwd $(id)";
  const answer = await stage.answer(stage.backend(), text, "one", { files });
  const { whole, links, args } = JSON.parse(answer);
  assert(whole.startsWith("[Message from another workspace, id peer-1]\n"));
  assert(whole.endsWith(`\n\n${text}`));
  assertEquals(args.length, 1);
  assert(!args[0].includes("compact"));
  assertEquals(links, [{
    type: "resource_link",
    uri: "file:///files/a%20b.txt",
    name: "a b.txt",
    mimeType: "text/plain",
    size: 3,
  }]);
});

Deno.test("acp: an agent that takes them is shown texts and pictures; what is large, or neither, is linked", async () => {
  await using stage = await AcpStage.create();
  const write = async (name: string, mimeType: string, bytes: Uint8Array) => {
    const path = stage.path(name);
    await Deno.writeFile(path, bytes);
    return { path, name, mimeType, size: bytes.length };
  };
  const utf8 = new TextEncoder();
  const files = [
    await write("a.txt", "text/plain", utf8.encode("grüße")),
    await write("b.csv", "", utf8.encode("1,2")),
    await write("c.png", "image/png", new Uint8Array([0x89, 0x50])),
    await write("d.txt", "text/plain", new Uint8Array([0x61, 0, 0x62])),
    await write("e.txt", "text/plain", new Uint8Array([0xff])),
    await write("f.txt", "text/plain", utf8.encode("x".repeat(257 << 10))),
    await write("g.png", "image/png", new Uint8Array(5 << 20)),
    await write("h.txt", "text/plain", new Uint8Array(0)),
  ];
  const kinds = async (takes: Record<string, boolean>) => {
    const backend = stage.backend({ manner: { takes } });
    const { links } = JSON.parse(
      await stage.answer(backend, "PROMPT", "one", { files }),
    );
    return links;
  };
  const [text, csv, picture, ...rest] = await kinds({
    embeddedContext: true,
    image: true,
  });
  assertEquals(text.resource.text, "grüße");
  assertEquals(csv.resource.text, "1,2");
  assertEquals([picture.type, picture.data], ["image", "iVA="]);
  assertEquals(
    rest.map(({ type }: { type: string }) => type),
    [...Array(4).fill("resource_link"), "resource"],
  );
  const none = await kinds({});
  assertEquals(
    none.map(({ type }: { type: string }) => type),
    Array(8).fill("resource_link"),
  );
});

Deno.test("acp: an agent sees neither the token nor the turn, and works where it is told", async () => {
  await using stage = await AcpStage.create();
  const token = "tok_live_0123456789";
  Deno.env.set("MOLECULE_WORKSPACE_TOKEN", token);
  Deno.env.set("TEST_KEY", "wanted");
  try {
    const backend = stage.backend({ options: { pass_env: "TEST_KEY" } });
    const answer = await stage.answer(backend, "ENV");
    const { env, cwd } = JSON.parse(answer);
    assertEquals(cwd, stage.workDir);
    assertEquals(env.TEST_KEY, "wanted");
    assert(!answer.includes(token));
    // It lives longer than the turn: with the turn's id it would be ended together with it.
    assertEquals(
      Object.keys(env).filter((name) => name.startsWith("MOLECULE")),
      [],
    );
  } finally {
    Deno.env.delete("MOLECULE_WORKSPACE_TOKEN");
    Deno.env.delete("TEST_KEY");
  }
});

Deno.test("acp: its process is told to the core, and until its end", async () => {
  await using stage = await AcpStage.create();
  const backend = stage.backend();
  const pids: number[] = [];
  let disposed = 0;
  const childStarted = (pid: number) => {
    pids.push(pid);
    return {
      saved: Promise.resolve(),
      [Symbol.dispose]: () => void disposed++,
    };
  };
  await stage.ask(backend, "one", "a", { childStarted });
  await stage.ask(backend, "two", "b", { childStarted });
  assertEquals([pids.length, disposed], [1, 0]);
  await backend.close?.();
  assertEquals([pids.length, disposed], [1, 1]);
});

backendContract({
  name: "acp",
  make: () => createBackend("acp", { cmd: agentCommand() }),
  makeEndless: () =>
    createBackend("acp", { cmd: agentCommand({ endless: true }) }),
});
