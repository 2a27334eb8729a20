/** A scripted agent behind the back end `acp`, with what the core does for it. */
import type {
  Backend,
  BackendContext,
  InboundMessage,
  Reply,
} from "../src/backends/backend.ts";
import { createBackend } from "../src/backends/registry.ts";
import type { AgentManner } from "./acp_agent.ts";
import { testContext, testMessage } from "../src/testing/backend_context.ts";

const AGENT = new URL("acp_agent.ts", import.meta.url).pathname;

/** Longest wait for what an agent writes down, also on a busy machine. */
const NOTED_MS = 60_000;

/** The command of a scripted agent. */
export function agentCommand(manner: AgentManner = {}): string {
  const run = `'${Deno.execPath()}' run -A --no-config --no-lock --no-check`;
  return `${run} '${AGENT}' '${JSON.stringify(manner)}'`;
}

/** Options of the back end, and what the agent is like. */
export interface StageOptions {
  readonly options?: Readonly<Record<string, string>>;
  readonly manner?: AgentManner;
}

/** A directory with agents, and what their conversations kept. */
export class AcpStage implements AsyncDisposable {
  /** What the back ends kept, by the id of the conversation's session. */
  readonly kept = new Map<string, string>();
  /** Where the agent works. */
  readonly workDir: string;
  readonly #directory: string;
  #backends: Backend[] = [];

  private constructor(directory: string) {
    this.#directory = directory;
    this.workDir = `${directory}/work`;
  }

  /** Makes one. */
  static async create(): Promise<AcpStage> {
    const stage = new AcpStage(await Deno.realPath(await Deno.makeTempDir()));
    await Deno.mkdir(stage.workDir);
    return stage;
  }

  /** A path in the stage's own directory. */
  path(name: string): string {
    return `${this.#directory}/${name}`;
  }

  /** A back end with an agent of its own. */
  backend({ options = {}, manner = {} }: StageOptions = {}): Backend {
    const cmd = agentCommand({ ...manner, log: this.path("log") });
    return this.keep(createBackend("acp", { cmd, ...options }));
  }

  /** Closes `backend` with the stage. */
  keep(backend: Backend): Backend {
    this.#backends.push(backend);
    return backend;
  }

  /** Asks in the conversation `session`, as the core would. */
  ask(
    backend: Backend,
    text: string,
    session = "one",
    more: Partial<BackendContext> = {},
    message: Partial<InboundMessage> = {},
  ): Promise<Reply> {
    const kept = this.kept.get(session);
    return backend.handle(
      testMessage(text, message),
      testContext({
        workDir: this.workDir,
        session: {
          id: session,
          fresh: kept === undefined,
          kept,
          keep: (text) => Promise.resolve(void this.kept.set(session, text)),
        },
        ...more,
      }),
    );
  }

  /** The text of the answer. */
  async answer(
    ...args: Parameters<AcpStage["ask"]>
  ): Promise<string> {
    return textOf(await this.ask(...args));
  }

  /** What the agents wrote down, in order. */
  async log(): Promise<string[]> {
    try {
      const text = await Deno.readTextFile(this.path("log"));
      return text.split("\n").filter((line) => line !== "");
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  }

  /**
   * Resolves when an agent wrote down a line that begins with `start`.
   *
   * @throws {Error} if none does in a long time.
   */
  async noted(start: string): Promise<void> {
    const end = performance.now() + NOTED_MS;
    for (;;) {
      const lines = await this.log();
      if (lines.some((line) => line.startsWith(start))) return;
      if (performance.now() > end) {
        throw new Error(
          `No agent wrote down "${start}", but:\n${lines.join("\n")}`,
        );
      }
      await new Promise((done) => setTimeout(done, 10));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const backend of this.#backends) await backend.close?.();
    await Deno.remove(this.#directory, { recursive: true });
  }
}

/** The text of a reply. */
export function textOf({ parts }: Reply): string {
  return parts.map((part) => part.kind === "text" ? part.text : "").join("\n");
}
