/** What the back ends `gemini` and `opencode` start, with a scripted agent in place of the program. */
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { createBackend } from "../src/backends/registry.ts";
import { isWindows } from "../src/os/platform.ts";
import { AcpStage, agentCommand } from "./acp_stage.ts";

/** A program that is the scripted agent, whatever its arguments. */
async function program(stage: AcpStage): Promise<string> {
  const bin = stage.path("agent");
  await Deno.writeTextFile(
    bin,
    `#!/bin/sh\nexec ${agentCommand()} "$@"\n`,
    { mode: 0o755 },
  );
  return bin;
}

function posix(name: string, fn: (stage: AcpStage) => Promise<void>): void {
  Deno.test({
    name,
    ignore: isWindows,
    async fn() {
      await using stage = await AcpStage.create();
      await fn(stage);
    },
  });
}

posix(
  "gemini asks before every tool, by a policy that is gone with it",
  async (stage) => {
    Deno.env.set("GEMINI_API_KEY", "a-key-of-gemini");
    try {
      const options = {
        bin: await program(stage),
        ...{ model: "flash", args: "--debug 'a b'" },
      };
      const backend = stage.keep(createBackend("gemini", options));
      assertEquals(backend.secrets, ["a-key-of-gemini"]);
      const { args: [, ...args] } = JSON.parse(
        await stage.answer(backend, "PROMPT"),
      );
      const path: string = args.at(-1);
      assertEquals(args.slice(0, -1), [
        ...["--acp", "--approval-mode", "default", "--model", "flash"],
        ...["--debug", "a b", "--admin-policy"],
      ]);
      const policy = await Deno.readTextFile(path);
      assertStringIncludes(policy, `toolName = "*"\ndecision = "ask_user"`);
      const { env } = JSON.parse(await stage.answer(backend, "ENV"));
      assertEquals(env.GEMINI_API_KEY, "a-key-of-gemini");
      await backend.close?.();
      await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
    } finally {
      Deno.env.delete("GEMINI_API_KEY");
    }
  },
);

posix(
  "opencode has an agent of its own that asks before every tool, and a port with a password",
  async (stage) => {
    const options = { bin: await program(stage), model: "loop/m1" };
    const backend = stage.keep(createBackend("opencode", options));
    const { args: [, ...args] } = JSON.parse(
      await stage.answer(backend, "PROMPT"),
    );
    assertEquals(args, ["acp"]);
    const { env } = JSON.parse(await stage.answer(backend, "ENV"));
    const config = JSON.parse(env.OPENCODE_CONFIG_CONTENT);
    const agent = config.agent[config.default_agent];
    assertEquals([config.model, agent.model], ["loop/m1", "loop/m1"]);
    for (const permission of [config.permission, agent.permission]) {
      assertEquals(new Set(Object.values(permission)), new Set(["ask"]));
      assert("*" in permission);
    }
    assert(backend.secrets?.includes(env.OPENCODE_SERVER_PASSWORD));
  },
);

for (const name of ["gemini", "opencode"]) {
  Deno.test(`${name} that is not installed is told before the first message`, async () => {
    const backend = createBackend(name, { bin: "/no/such/agent" });
    const { signal } = new AbortController();
    assertEquals(await backend.check?.(signal), {
      ready: false,
      reason: `Cannot find the command "/no/such/agent"`,
      remedy: "install it, or give its full path",
    });
  });
}
