/** The back end `claude-code` with a program that stands in for claude. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createBackend } from "../src/backends/registry.ts";
import { BackendError } from "../src/errors.ts";
import { isWindows } from "../src/os/platform.ts";
import { ClaudeStandIn } from "./backend_claude_stand_in.ts";
import { testContext, testMessage } from "./backend_context.ts";
import { backendContract } from "./backend_contract.ts";

/** The stand-in is a shell script. */
const ignore = isWindows;
const TOKEN = "tok_claude_0123456789";

/** Runs `fn` with variables that no child may see, and one of a surrounding claude. */
async function withSecrets(fn: () => Promise<void>): Promise<void> {
  // Test files that run at the same time share one environment: the token's name and value are this file's own.
  const given = {
    MOLECULE_CLAUDE_TEST_TOKEN: TOKEN,
    ANTHROPIC_CUSTOM_HEADERS: `x-copy: ${TOKEN}`,
    ANTHROPIC_API_KEY: "sk-ant-test",
    CLAUDECODE: "1",
    CLAUDE_CODE_ENTRYPOINT: "cli",
  };
  const before = Object.keys(given).map((name) =>
    [name, Deno.env.get(name)] as const
  );
  for (const [name, value] of Object.entries(given)) Deno.env.set(name, value);
  try {
    await fn();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
  }
}

function posix(
  name: string,
  fn: (standIn: ClaudeStandIn) => Promise<void>,
): void {
  Deno.test({
    name,
    ignore,
    async fn() {
      await using standIn = await ClaudeStandIn.create();
      await fn(standIn);
    },
  });
}

async function fail(standIn: ClaudeStandIn, args: string) {
  const error = await createBackend("claude-code", { bin: standIn.bin, args })
    .handle(testMessage("hi"), testContext())
    .catch((error: unknown) => error);
  if (!(error instanceof BackendError)) throw error;
  return error;
}

const HOSTILE: Readonly<Record<string, string>> = {
  "a file mention": "@/etc/passwd and @secrets.env",
  "a setting": "/config autoCompact=false",
  "a local command": "/cost",
  "a flag": "--dangerously-skip-permissions",
  "a short flag": "-c --resume",
  "shell syntax": "$(id) `id`; rm -rf ~ 'x' \"y\"\n!id",
  "more than an argument can hold": "x".repeat(300_000),
};

for (const [what, text] of Object.entries(HOSTILE)) {
  posix(
    `claude-code keeps ${what} to stdin, behind the header`,
    async (standIn) => {
      await withSecrets(async () => {
        const { parts } = await createBackend("claude-code", {
          bin: standIn.bin,
        })
          .handle(testMessage(text), testContext());
        assertEquals(parts, [{ kind: "text", text: `claude read: ${text}` }]);
        const [call] = await standIn.calls();
        assertEquals(
          call?.stdin,
          `[Message from another workspace, id peer-1]\n\n${text}`,
        );
        assertEquals(call?.args, [
          "-p",
          "--output-format",
          "json",
          "--setting-sources",
          "",
          "--strict-mcp-config",
        ]);
        const { env = {} } = call ?? {};
        assertEquals(env.CLAUDE_CODE_DISABLE_FILE_MENTIONS, "1");
        assertEquals(env.CLAUDE_CODE_DISABLE_ATTACHMENTS, "1");
        assertEquals(env.CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC, "1");
        assertEquals(env.ANTHROPIC_API_KEY, "sk-ant-test");
        assertEquals(env.MOLECULE_TURN, testContext().turnId);
        assertEquals(env.CLAUDECODE, undefined);
        assertEquals(env.CLAUDE_CODE_ENTRYPOINT, undefined);
        assert(!JSON.stringify(call).includes(TOKEN));
        assert(!Object.values(env).some((value) => value.includes(text)));
      });
    },
  );
}

posix(
  "claude-code tells the facts of the message unless pass_meta is false",
  async (standIn) => {
    for (const pass_meta of ["true", "false"]) {
      await createBackend("claude-code", { bin: standIn.bin, pass_meta })
        .handle(testMessage("hi"), testContext());
    }
    const ids = (await standIn.calls()).map((call) =>
      call.env.MOLECULE_TASK_ID
    );
    assertEquals(ids.toSorted(), ["task-1", undefined]);
  },
);

posix(
  "claude-code works in the workspace's own directory, or where it is told",
  async (standIn) => {
    const workDir = await Deno.realPath(await Deno.makeTempDir());
    const context = testContext({ workDir });
    const { bin } = standIn;
    await createBackend("claude-code", { bin })
      .handle(testMessage("hi"), context);
    await createBackend("claude-code", { bin, cwd: "/" })
      .handle(testMessage("hi"), context);
    await Deno.remove(workDir);
    const places = (await standIn.calls()).map((call) => call.cwd);
    assertEquals(places.toSorted(), ["/", workDir].toSorted());
  },
);

posix(
  "claude-code adds the operator's arguments and reports the usage",
  async (standIn) => {
    const args = `--model ok --allowedTools "Bash(git log:*)" Read`;
    const reply = await createBackend("claude-code", { bin: standIn.bin, args })
      .handle(testMessage("hi"), testContext());
    assertEquals(reply.usage, { inputTokens: 7, outputTokens: 3 });
    assertEquals((await standIn.calls())[0]?.args.slice(6), [
      "--model",
      "ok",
      "--allowedTools",
      "Bash(git log:*)",
      "Read",
    ]);
  },
);

posix("claude-code pauses at a usage limit", async (standIn) => {
  const error = await fail(standIn, "--model limit");
  assertEquals(error.kind, "weather");
  assertStringIncludes(error.message, "5-hour limit");
});

posix("claude-code tries again after a crash", async (standIn) => {
  const error = await fail(standIn, "--model crash");
  assertEquals(error.kind, "retry");
  assertStringIncludes(error.message, "something broke");
});

posix(
  "claude-code tells the operator which tools it was denied",
  async (standIn) => {
    const told: unknown[] = [];
    const { log } = testContext();
    await createBackend("claude-code", {
      bin: standIn.bin,
      args: "--model denied",
    }).handle(
      testMessage("hi"),
      testContext({ log: { ...log, info: (_, fields) => told.push(fields) } }),
    );
    assertStringIncludes(JSON.stringify(told), "Bash");
  },
);

posix(
  "claude-code is ready only where somebody is logged in",
  async (standIn) => {
    const backend = createBackend("claude-code", { bin: standIn.bin });
    const { signal } = testContext();
    assertEquals(await backend.check?.(signal), { ready: true });
    await standIn.logOut();
    assertEquals((await backend.check?.(signal))?.ready, false);
    assertEquals(
      (await standIn.calls()).map((call) => call.args),
      [["auth", "status"], ["auth", "status"]],
    );
  },
);

posix(
  "claude-code takes a relative path from where molecule was started",
  async (standIn) => {
    const up = Deno.cwd().split("/").slice(1).map(() => "..").join("/");
    const reply = await createBackend("claude-code", { bin: up + standIn.bin })
      .handle(testMessage("hi"), testContext({ workDir: "/" }));
    assertEquals(reply.parts.length, 1);
  },
);

posix(
  "claude-code gives up where there is no claude, and says so before the first message",
  async () => {
    const backend = createBackend("claude-code", { bin: "no-such-claude" });
    const error = await backend.handle(testMessage("hi"), testContext())
      .catch((error: unknown) => error);
    if (!(error instanceof BackendError)) throw error;
    assertEquals(error.kind, "final");
    const readiness = await backend.check?.(testContext().signal);
    assertEquals(readiness, {
      ready: false,
      reason: `Cannot find the command "no-such-claude"`,
      remedy: "install it, or give its full path",
    });
  },
);

/** One stand-in for the whole contract; it goes when the tests do. */
const shared = ignore ? undefined : await ClaudeStandIn.create();
if (shared !== undefined) {
  globalThis.addEventListener("unload", () => {
    Deno.removeSync(shared.bin.replace(/\/claude$/, ""), { recursive: true });
  });
}
backendContract({
  name: "claude-code",
  make: () => createBackend("claude-code", { bin: shared?.bin ?? "" }),
  ignore,
});
