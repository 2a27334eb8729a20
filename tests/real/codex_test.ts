/**
 * The back end `codex` with the real Codex, where one is found in the PATH or named by MOLECULE_TEST_CODEX. A server on
 * this machine stands in for the model.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createBackend } from "../../src/backends/registry.ts";
import type { BackendOptions } from "../../src/backends/backend.ts";
import { BackendError } from "../../src/errors.ts";
import {
  testContext,
  testMessage,
  TestSession,
} from "../../src/testing/backend_context.ts";
import { findProgram } from "./find_program.ts";
import { ResponsesApi } from "./responses_api.ts";

const bin = findProgram("codex", "MOLECULE_TEST_CODEX");

/** A codex with a home of its own, that knows no other model than the one here. */
class RealCodex implements AsyncDisposable {
  readonly session = new TestSession();
  private constructor(readonly api: ResponsesApi, readonly home: string) {}

  static async start(): Promise<RealCodex> {
    const home = await Deno.makeTempDir();
    await Deno.mkdir(`${home}/codex`);
    await Deno.mkdir(`${home}/work`);
    return new RealCodex(new ResponsesApi(), home);
  }

  /** Answers `text`, in the same conversation every time. */
  async ask(text: string, options: BackendOptions = {}): Promise<string> {
    const given = {
      CODEX_HOME: `${this.home}/codex`,
      OPENAI_API_KEY: "sk-test-0123456789",
      MOLECULE_WORKSPACE_TOKEN: "tok_live_0123456789",
    };
    for (const [name, value] of Object.entries(given)) {
      Deno.env.set(name, value);
    }
    const provider =
      `{name="here",base_url="${this.api.url}",env_key="OPENAI_API_KEY",wire_api="responses"}`;
    try {
      const backend = createBackend("codex", {
        bin: bin!,
        model: "gpt-5",
        timeout: "60s",
        args:
          `-c 'model_provider="here"' -c 'model_providers.here=${provider}'`,
        ...options,
      });
      const reply = await backend.handle(
        testMessage(text),
        testContext({
          session: this.session.forTurn(),
          workDir: `${this.home}/work`,
          outboxDir: `${this.home}/work`,
        }),
      );
      return reply.parts.map((part) => part.kind === "text" ? part.text : "")
        .join("");
    } finally {
      for (const name of Object.keys(given)) Deno.env.delete(name);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.api[Symbol.asyncDispose]();
    await Deno.remove(this.home, { recursive: true });
  }
}

function real(name: string, fn: (codex: RealCodex) => Promise<void>): void {
  Deno.test({
    name: `the real codex ${name}`,
    ignore: bin === undefined,
    // Codex's own connections to the server outlive a request.
    sanitizeResources: false,
    async fn() {
      await using codex = await RealCodex.start();
      await fn(codex);
    },
  });
}

real("remembers its conversation over a restart", async (codex) => {
  assertEquals(await codex.ask("one"), "one");
  assertEquals(await codex.ask("two"), "one|two");
});

real(
  "has no shell, no pictures and no web, whatever a message asks for",
  async (codex) => {
    const answer = await codex.ask("use the shell");
    assert(!answer.includes("out of the shell\\n"), answer);
    const tools = JSON.stringify(codex.api.requests[0].tools);
    for (const name of ["exec_command", "view_image", "web_search"]) {
      assert(!tools.includes(`"${name}"`), name);
    }
  },
);

real(
  "runs commands where the operator allows it, and shows them neither key nor token",
  async (codex) => {
    const answer = await codex.ask("use the shell", { shell: "read-only" });
    assertStringIncludes(answer, "out of the shell");
    assertStringIncludes(answer, "PATH=");
    assert(!/sk-test|tok_live/.test(answer), answer);
  },
);

real("takes commands and file mentions for text", async (codex) => {
  await Deno.writeTextFile(`${codex.home}/work/secret.txt`, "hidden words");
  const text = "/status @secret.txt !id";
  assertEquals(await codex.ask(text), text);
  assert(!JSON.stringify(codex.api.requests).includes("hidden words"));
});

real("leaves the operator's own servers alone", async (codex) => {
  await Deno.writeTextFile(
    `${codex.home}/codex/config.toml`,
    `[mcp_servers.own]\ncommand = "touch"\nargs = ["${codex.home}/started"]\n`,
  );
  const isStarted = () =>
    Deno.stat(`${codex.home}/started`).then(() => true, () => false);
  await codex.ask("hi");
  assertEquals(await isStarted(), false);
  await codex.ask("hi", { settings: "user" });
  assertEquals(await isStarted(), true);
});

real("that reached a limit is weather", async (codex) => {
  const error = await codex.ask("over the limit").catch((error) => error);
  if (!(error instanceof BackendError)) throw error;
  assertEquals(error.kind, "weather");
});
