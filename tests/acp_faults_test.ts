/** What can go wrong with an agent of the Agent Client Protocol, and what it means for the messages. */
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { Agent } from "../src/backends/acp/agent.ts";
import { AgentHost } from "../src/backends/acp/agent_host.ts";
import { splitArgs } from "../src/backends/command/split_args.ts";
import { createBackend } from "../src/backends/registry.ts";
import { BackendError } from "../src/errors.ts";
import { silentLogger } from "../src/log.ts";
import { isWindows } from "../src/os/platform.ts";
import type { AgentManner } from "./acp_agent.ts";
import { AcpStage, agentCommand } from "./acp_stage.ts";
import { testContext } from "../src/testing/backend_context.ts";

async function failure(asked: Promise<unknown>): Promise<BackendError> {
  return await assertRejects(() => asked, BackendError);
}

Deno.test("acp: a crash in the middle of a turn fails all that run, with the end of stderr; the next turn starts it again", async () => {
  await using stage = await AcpStage.create();
  const backend = stage.backend({ manner: { takesUp: "load" } });
  await stage.ask(backend, "before", "a");
  const other = failure(stage.ask(backend, "HANG", "b"));
  await stage.noted("turn HANG");
  const crashed = await failure(stage.ask(backend, "CRASH", "a"));
  for (const error of [crashed, await other]) {
    assertEquals([error.kind, error.uncounted], ["retry", false]);
    assertStringIncludes(error.message, "exit code 3");
    assertStringIncludes(error.message, "out of memory");
  }
  assertEquals(
    await stage.answer(backend, "after", "a"),
    "heard: before | CRASH | after",
  );
});

Deno.test("acp: lines that are no JSON-RPC are skipped, and told at debug only", async () => {
  await using stage = await AcpStage.create();
  const backend = stage.backend({ manner: { start: "noisy" } });
  const lines: string[] = [];
  const { log } = testContext();
  const answer = await stage.answer(backend, "GARBAGE", "one", {
    log: {
      ...log,
      debug: (_, fields) => lines.push(String(fields?.line)),
      warn: (line) => lines.push(line),
    },
  });
  assertEquals(answer, "still here");
  assertEquals(lines, [
    "Welcome!",
    "{ not json",
    "[1, 2]",
    '"text"',
    "42",
    "garbage",
    '{"jsonrpc":',
    "{}",
  ]);
});

Deno.test("acp: an update that comes byte by byte is one", async () => {
  await using stage = await AcpStage.create();
  assertEquals(await stage.answer(stage.backend(), "HALVES"), "grüße 🙂");
});

Deno.test("acp: a line of 15 MiB is taken, one of 17 MiB ends the agent", async () => {
  await using stage = await AcpStage.create();
  const backend = stage.backend();
  assertEquals(
    await stage.answer(backend, `LONG-LINE ${15 << 20}`),
    "after it",
  );
  const error = await failure(stage.ask(backend, `LONG-LINE ${17 << 20}`));
  assertEquals([error.kind, error.failure], ["retry", "too_large"]);
  assertStringIncludes(error.message, "16 MiB");
  assertEquals(await stage.answer(backend, "hi"), "heard: hi");
});

Deno.test("acp: a flood of updates, and one of stderr, hold nothing up", async () => {
  await using stage = await AcpStage.create();
  const backend = stage.backend();
  assertEquals(await stage.answer(backend, "FLOOD"), "dry again");
  assertEquals(await stage.answer(backend, "STDERR"), "said enough");
});

Deno.test("acp: an answer of more than 4 MiB is stopped", async () => {
  await using stage = await AcpStage.create();
  const error = await failure(stage.ask(stage.backend(), "MUCH"));
  assertEquals([error.kind, error.failure], ["final", "too_large"]);
  await stage.noted("cancel");
});

Deno.test("acp: a turn that takes too long is cancelled, and the agent goes on", async () => {
  await using stage = await AcpStage.create();
  const backend = stage.backend({ options: { timeout: "300ms" } });
  await stage.ask(backend, "before");
  const error = await failure(stage.ask(backend, "HANG"));
  assertEquals([error.kind, error.failure], ["final", "timeout"]);
  await stage.noted('after cancel: {"outcome":"cancelled"}');
  assertEquals(
    await stage.answer(backend, "after"),
    "heard: before | HANG | after",
  );
});

Deno.test("acp: a stop cancels the turn, and is its reason", async () => {
  await using stage = await AcpStage.create();
  const backend = stage.backend();
  const stop = new AbortController();
  const { signal } = stop;
  const asked = stage.ask(backend, "HANG", "one", { signal });
  await stage.noted("turn HANG");
  const reason = new Error("stopping");
  stop.abort(reason);
  const outcome = await asked.catch((error: unknown) => error);
  assertEquals(outcome, reason);
  await stage.noted("after cancel");
});

Deno.test("acp: an agent that does not heed a cancel is ended, and the other turns are run again uncounted", async () => {
  await using stage = await AcpStage.create();
  const backend = stage.backend({ manner: { takesUp: "load" } });
  const stop = new AbortController();
  const other = failure(stage.ask(backend, "HANG", "b"));
  await stage.noted("turn HANG");
  const { signal } = stop;
  const deaf = stage.ask(backend, "DEAF", "a", { signal });
  await stage.noted("turn DEAF");
  const reason = new Error("stopping");
  stop.abort(reason);
  assertEquals(await deaf.catch((error: unknown) => error), reason);
  const error = await other;
  assertEquals([error.kind, error.uncounted], ["retry", true]);
  assertEquals(
    await stage.answer(backend, "again", "b"),
    "heard: HANG | again",
  );
});

for (const deafTo of ["session/new", "session/load", "session/resume"]) {
  Deno.test(`acp: an agent that does not answer ${deafTo} is ended, and the other turns are run again uncounted`, async () => {
    await using stage = await AcpStage.create();
    const takesUp = deafTo === "session/resume" ? "resume" : "load";
    const known = deafTo === "session/new" ? "other" : "deaf";
    await stage.ask(stage.backend({ manner: { takesUp } }), "before", known);
    const backend = stage.backend({ manner: { takesUp, deafTo } });
    let gone = false;
    const other = failure(
      stage.ask(backend, "HANG", "other", {
        childStarted: () => ({
          saved: Promise.resolve(),
          [Symbol.dispose]: () => void (gone = true),
        }),
      }),
    );
    await stage.noted("turn HANG");
    const stop = new AbortController();
    const { signal } = stop;
    const deaf = stage.ask(backend, "hi", "deaf", { signal });
    await stage.noted(`deaf to ${deafTo}`);
    const reason = new Error("too late");
    stop.abort(reason);
    assertEquals(await deaf.catch((error: unknown) => error), reason);
    assert(gone);
    const { kind, uncounted } = await other;
    assertEquals([kind, uncounted], ["retry", true]);
  });
}

Deno.test({
  name:
    "acp: an agent that ends neither with its stdin nor at SIGTERM is killed",
  ignore: isWindows,
  async fn() {
    await using stage = await AcpStage.create();
    const backend = stage.backend({ manner: { stubborn: true } });
    let gone = false;
    await stage.ask(backend, "hi", "one", {
      childStarted: () => ({
        saved: Promise.resolve(),
        [Symbol.dispose]: () => void (gone = true),
      }),
    });
    await backend.close?.();
    assert(gone);
    assert((await stage.log()).includes("ignored SIGTERM"));
  },
});

Deno.test("acp: a turn that was aborted before it began leaves no agent behind", async () => {
  await using stage = await AcpStage.create();
  const backend = stage.backend();
  const reason = new Error("stopping");
  const signal = AbortSignal.abort(reason);
  const outcome = await stage.ask(backend, "hi", "one", { signal })
    .catch((error: unknown) => error);
  assertEquals(outcome, reason);
  assertEquals(await stage.log(), []);
});

Deno.test("acp: a slow start is waited for, also by a turn that comes meanwhile", async () => {
  await using stage = await AcpStage.create();
  const backend = stage.backend({ manner: { start: "slow" } });
  const answers = ["a", "b"].map((name) => stage.answer(backend, name, name));
  assertEquals(await Promise.all(answers), ["heard: a", "heard: b"]);
  const started = (await stage.log()).filter((line) =>
    line.startsWith("initialize")
  );
  assertEquals(started.length, 1);
});

Deno.test("acp: a turn that is stopped while the agent starts does not wait, and closing ends the agent", async () => {
  await using stage = await AcpStage.create();
  const backend = stage.backend({ manner: { start: "silent" } });
  const stop = new AbortController();
  const started = Promise.withResolvers<void>();
  let gone = false;
  const asked = stage.ask(backend, "hi", "one", {
    signal: stop.signal,
    childStarted: () => {
      started.resolve();
      return {
        saved: Promise.resolve(),
        [Symbol.dispose]: () => void (gone = true),
      };
    },
  });
  await started.promise;
  const reason = new Error("stopping");
  stop.abort(reason);
  assertEquals(await asked.catch((error: unknown) => error), reason);
  await backend.close?.();
  assert(gone);
});

function agentOptions(manner: AgentManner) {
  const [command, ...args] = splitArgs(agentCommand(manner), "cmd");
  return {
    command: {
      command: command!,
      args,
      env: Deno.env.toObject(),
      cwd: Deno.cwd(),
    },
    loginHint: "log in",
    sessionMeta: {},
    log: silentLogger,
  };
}

Deno.test("acp: an agent that never answers is ended", async () => {
  const host = new AgentHost(200);
  const { signal } = new AbortController();
  const options = () => agentOptions({ start: "silent" });
  const error = await failure(host.agent(options, signal));
  assertEquals([error.kind, error.failure], ["retry", "not_ready"]);
  assertStringIncludes(error.message, "did not answer within 0.2 s");
  await host.close();
});

Deno.test("acp: an agent that ended of itself is started again, and a closed host starts none", async () => {
  const host = new AgentHost();
  const { signal } = new AbortController();
  let starts = 0;
  const options = () => {
    starts++;
    return agentOptions({});
  };
  const { agent } = await host.agent(options, signal);
  assert((await host.agent(options, signal)).agent === agent);
  await agent.end();
  assert((await host.agent(options, signal)).agent !== agent);
  assertEquals(starts, 2);
  await host.close();
  await failure(host.agent(options, signal));
});

Deno.test("acp: another version of the protocol is refused", async () => {
  const { signal } = new AbortController();
  const error = await failure(
    Agent.start(agentOptions({ version: 2 }), signal),
  );
  assertEquals([error.kind, error.failure], ["final", "not_ready"]);
  assertStringIncludes(error.message, "version 2");
});

Deno.test("acp: an agent that wants a login at a message is not asked again, and the operator is told what to do", async () => {
  await using stage = await AcpStage.create();
  const backend = stage.backend({ manner: { login: "prompt" } });
  const error = await failure(stage.ask(backend, "hi"));
  assertEquals([error.kind, error.failure], ["final", "not_ready"]);
  assertStringIncludes(error.hint ?? "", "log in");
});

const NOT_READY: readonly [string, Record<string, string>, string, string][] = [
  [
    "wants a login",
    { cmd: agentCommand({ login: "session" }) },
    "The agent wants a login: Authentication required",
    "log in with the agent's own command, or pass its key on with the option pass_env",
  ],
  [
    "ends at once",
    { cmd: agentCommand({ start: "dead" }) },
    "The agent ended with exit code 7: no model is configured",
    "run its command by hand to see what it lacks",
  ],
  [
    "is not there",
    { cmd: "no-such-agent --acp" },
    'Cannot find the command "no-such-agent"',
    "install it, or give its full path",
  ],
  [
    "speaks another version",
    { cmd: agentCommand({ version: 2 }) },
    "The agent speaks version 2 of the Agent Client Protocol, not 1",
    "use a release of the agent that speaks version 1",
  ],
  [
    "has no directory",
    { cmd: agentCommand(), cwd: "/no/such/directory" },
    "/no/such/directory does not exist",
    "create it, or name another one as cwd",
  ],
];
for (const [what, options, reason, remedy] of NOT_READY) {
  Deno.test(`acp: the check of an agent that ${what} says so, and what to do`, async () => {
    const backend = createBackend("acp", options);
    const { signal } = new AbortController();
    const readiness = await backend.check?.(signal);
    assertEquals(readiness, { ready: false, reason, remedy });
  });
}
