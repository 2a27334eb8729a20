/**
 * The back ends of the Agent Client Protocol with real agents, those of them that are found in the PATH. A model on this
 * machine stands in for theirs.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Backend, BackendOptions } from "../src/backends/backend.ts";
import { createBackend } from "../src/backends/registry.ts";
import { AcpStage } from "./acp_stage.ts";
import { LoopbackModel } from "./loopback_model.ts";

const TOKEN = "tok_live_0123456789";

/** An agent that may be installed. */
interface RealAgent {
  /** Its program. */
  readonly name: string;
  readonly backend: string;
  readonly options: BackendOptions;
  /** Its environment. */
  readonly env: (model: string) => Record<string, string>;
  /** What it finds in its home, by path. */
  readonly home?: (model: string) => Record<string, unknown>;
  /** A command of its own, which a message is not to run. */
  readonly slash: string;
  /** It loses a session that is taken up within the minute in which it began. */
  readonly forgetsYoungSessions?: boolean;
}

const AGENTS: readonly RealAgent[] = [
  {
    name: "gemini",
    backend: "gemini",
    options: {},
    env: (model) => ({
      GEMINI_API_KEY: "key-of-the-model",
      GOOGLE_GEMINI_BASE_URL: model,
    }),
    home: () => ({
      ".gemini/settings.json": {
        security: {
          auth: { selectedType: "gemini-api-key" },
          folderTrust: { enabled: false },
        },
        general: { defaultApprovalMode: "auto_edit" },
        tools: { allowed: ["run_shell_command"] },
      },
    }),
    slash: "/memory list",
    forgetsYoungSessions: true,
  },
  {
    name: "opencode",
    backend: "opencode",
    options: { model: "loop/m1" },
    env: () => ({}),
    home: (model) => ({
      ".config/opencode/opencode.json": {
        small_model: "loop/m1",
        permission: { bash: "allow" },
        agent: { build: { permission: { "*": "allow" } } },
        provider: {
          loop: {
            npm: "@ai-sdk/openai-compatible",
            options: { baseURL: `${model}/v1`, apiKey: "key-of-the-model" },
            models: { m1: {} },
          },
        },
      },
    }),
    slash: "/compact",
  },
  {
    name: "claude-agent-acp",
    backend: "acp",
    options: { cmd: "claude-agent-acp", pass_env: "ANTHROPIC_*,CLAUDE_CODE_*" },
    env: (model) => ({
      ANTHROPIC_API_KEY: "key-of-the-model",
      ANTHROPIC_BASE_URL: model,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    }),
    home: () => ({
      ".claude/settings.json": {
        permissions: { allow: ["Bash"] },
        hooks: {
          UserPromptSubmit: [{
            hooks: [{ type: "command", command: "touch ~/../witness" }],
          }],
        },
      },
    }),
    slash: "/compact",
  },
];

function isInstalled(bin: string): boolean {
  const directories = (Deno.env.get("PATH") ?? "").split(":");
  return directories.some((directory) => {
    try {
      return Deno.statSync(`${directory}/${bin}`).isFile;
    } catch {
      return false;
    }
  });
}

/** A real agent with a home and a model of its own. */
class RealStage implements AsyncDisposable {
  readonly #agent: RealAgent;
  readonly #before = new Map<string, string | undefined>();

  private constructor(
    agent: RealAgent,
    readonly stage: AcpStage,
    readonly model: LoopbackModel,
  ) {
    this.#agent = agent;
  }

  static async create(agent: RealAgent): Promise<RealStage> {
    const stage = await AcpStage.create();
    const model = LoopbackModel.start();
    const real = new RealStage(agent, stage, model);
    const home = stage.path("home");
    for (const [path, json] of Object.entries(agent.home?.(model.url) ?? {})) {
      const file = `${home}/${path}`;
      await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), {
        recursive: true,
      });
      await Deno.writeTextFile(file, JSON.stringify(json));
    }
    await Deno.mkdir(home, { recursive: true });
    const env = {
      ...agent.env(model.url),
      ...{ HOME: home, MOLECULE_WORKSPACE_TOKEN: TOKEN },
    };
    for (const [name, value] of Object.entries(env)) {
      real.#before.set(name, Deno.env.get(name));
      Deno.env.set(name, value);
    }
    return real;
  }

  backend(options: BackendOptions = {}): Backend {
    const { backend, options: own } = this.#agent;
    return this.stage.keep(createBackend(backend, { ...own, ...options }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const [name, value] of this.#before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
    await this.stage[Symbol.asyncDispose]();
    await this.model[Symbol.asyncDispose]();
  }
}

for (const agent of AGENTS) {
  const test = (
    name: string,
    fn: (real: RealStage) => Promise<void>,
    ignore = false,
  ) =>
    Deno.test({
      name: `${agent.name}, the real one, ${name}`,
      ignore: ignore || !isInstalled(agent.name),
      async fn() {
        await using real = await RealStage.create(agent);
        await fn(real);
      },
    });

  test("is ready, and keeps two conversations apart", async (real) => {
    const { stage } = real;
    const backend = real.backend();
    const { signal } = new AbortController();
    assertEquals(await backend.check?.(signal), { ready: true });
    assertStringIncludes(await stage.answer(backend, "apple", "a"), "apple");
    assertStringIncludes(await stage.answer(backend, "banana", "b"), "banana");
    const [a, b] = await Promise.all([
      stage.answer(backend, "avocado", "a"),
      stage.answer(backend, "blueberry", "b"),
    ]);
    assert(/apple.*avocado$/.test(a!), a);
    assert(/banana.*blueberry$/.test(b!), b);
    assert(!a!.includes("banana") && !b!.includes("apple"));
  });

  test("goes on after a restart", async (real) => {
    const before = real.backend();
    await real.stage.ask(before, "apple");
    await before.close?.();
    const answer = await real.stage.answer(real.backend(), "banana");
    assert(/apple.*banana$/.test(answer), answer);
  }, agent.forgetsYoungSessions);

  test("runs no command of its own that a message begins with", async (real) => {
    const { slash } = agent;
    const answer = await real.stage.answer(real.backend(), slash);
    assertStringIncludes(answer, `users said:`);
    assertStringIncludes(answer, slash);
  });

  test("uses no shell that was not allowed, whatever its own settings say", async (real) => {
    const witness = real.stage.path("witness");
    const text = `RUN: echo here > ${witness}`;
    await real.stage.ask(real.backend(), text);
    assert(real.model.asked.some((body) => body.includes(witness)));
    assert(!(await exists(witness)), "the command ran");
  });

  test("runs no command that it takes for harmless, unless the shell was allowed", async (real) => {
    const answer = await real.stage.answer(real.backend(), "RUN: id");
    assert(!answer.includes("uid="), answer);
  });

  test("uses the shell that was allowed, and finds no token there", async (real) => {
    const witness = real.stage.path("witness");
    const backend = real.backend({ permission: "execute" });
    const answer = await real.stage.answer(backend, `RUN: env > ${witness}`);
    assertStringIncludes(answer, "tool said:");
    assert(!answer.includes("let me see"));
    const env = await Deno.readTextFile(witness);
    assertStringIncludes(env, "PATH=");
    assert(!env.includes(TOKEN));
    assert(!env.includes("MOLECULE"));
  });

  test("is shown a text that came with the message, without a tool", async (real) => {
    const path = real.stage.path("report.txt");
    await Deno.writeTextFile(path, "a report of 17 words");
    const file = { path, name: "report.txt", mimeType: "text/plain", size: 20 };
    const { stage, model } = real;
    await stage.ask(real.backend(), "look", "one", { files: [file] });
    assert(model.asked.some((body) => body.includes("a report of 17 words")));
  });

  test("stops where it is told to, and answers the next message", async (real) => {
    const backend = real.backend();
    const stop = new AbortController();
    const { signal } = stop;
    const asked = real.stage.ask(backend, "SLOW", "one", { signal });
    await real.model.slowBegun;
    const reason = new Error("stopping");
    stop.abort(reason);
    assertEquals(await asked.catch((error: unknown) => error), reason);
    const answer = await real.stage.answer(backend, "next");
    assertStringIncludes(answer, "next");
  });
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
