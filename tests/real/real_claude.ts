/** A real `claude` in a home of its own, with a stand-in for the model behind it. */
import type { BackendContext } from "../../src/backends/backend.ts";
import { Program } from "../program.ts";
import { AnthropicApi } from "./anthropic_api.ts";
import { findProgram } from "./find_program.ts";
import type { Outcome, Turn } from "./claude_turn.ts";

/** The program, if there is one on this machine. */
export const claude: string | undefined = findProgram(
  "claude",
  "MOLECULE_TEST_CLAUDE",
);

/** How a conversation is entered, and what the operator chose. */
export interface Asking {
  readonly options?: Readonly<Record<string, string>>;
  readonly context?: Partial<BackendContext>;
  /** Its session; absent: one of its own. */
  readonly session?: { readonly id: string; readonly fresh: boolean };
}

/** The home, the directory that claude works in, and the model. */
export class RealClaude implements AsyncDisposable {
  readonly api = new AnthropicApi();
  /** Progress that the turns told. */
  readonly progress: string[] = [];
  readonly home: string;
  readonly work: string;
  readonly outbox: string;
  /** Beside those of the home and the model. */
  env: Record<string, string> = { ANTHROPIC_API_KEY: "sk-ant-test-0123456789" };
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
    this.home = `${root}/home`;
    this.work = `${root}/work`;
    this.outbox = `${root}/outbox`;
  }

  static async create(): Promise<RealClaude> {
    const root = await Deno.realPath(await Deno.makeTempDir());
    const real = new RealClaude(root);
    for (const path of [`${real.home}/.claude`, real.work, real.outbox]) {
      await Deno.mkdir(path, { recursive: true });
    }
    return real;
  }

  /** The operator's own settings. */
  async settings(settings: unknown): Promise<void> {
    await Deno.writeTextFile(this.settingsPath, JSON.stringify(settings));
  }

  get settingsPath(): string {
    return `${this.home}/.claude/settings.json`;
  }

  /** One turn; `begun` is called with the process once it runs. */
  async ask(
    text: string,
    { options = {}, context = {}, session }: Asking = {},
    begun: (program: Program) => void = () => {},
  ): Promise<Outcome> {
    const turn: Turn = {
      text,
      options: { bin: claude ?? "claude", ...options },
      context: { workDir: this.work, outboxDir: this.outbox, ...context },
      session: session ?? { id: crypto.randomUUID(), fresh: true },
    };
    const file = `${this.#root}/turn.json`;
    await Deno.writeTextFile(file, JSON.stringify(turn));
    await using program = new Program(
      [file],
      {
        HOME: this.home,
        CLAUDE_CONFIG_DIR: "",
        ANTHROPIC_BASE_URL: this.api.url,
        ...this.env,
      },
      "tests/real/claude_turn.ts",
    );
    begun(program);
    await program.code();
    const lines = program.stdout.all.map((line) => JSON.parse(line));
    this.progress.push(
      ...lines.slice(0, -1).map(({ progress }) => String(progress)),
    );
    return lines.at(-1) ??
      { stopped: `no outcome:\n${program.stderr.text}` };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.api[Symbol.asyncDispose]();
    await Deno.remove(this.#root, { recursive: true });
  }
}

/** The text of an answer; what else came of the turn where there was none. */
export function answerOf({ reply, ...other }: Outcome): string {
  const [part] = reply?.parts ?? [];
  return part?.kind === "text" ? part.text : JSON.stringify(other);
}
