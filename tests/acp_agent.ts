/**
 * An agent of the Agent Client Protocol that does what it is told: what it is like in its arguments, what one turn does
 * in the message. It keeps no promise of the protocol that a test asks it to break.
 */

/** What the agent is like. */
export interface AgentManner {
  /** Where it writes down what it is told, a line each; its sessions lie beside it. Absent: nothing is written. */
  readonly log?: string;
  /** How it takes up a session after a restart. */
  readonly takesUp?: "load" | "load late" | "resume" | undefined;
  /** The version that it claims to speak. */
  readonly version?: unknown;
  /** When it asks for a login. */
  readonly login?: "session" | "prompt";
  /** How it starts. */
  readonly start?: "silent" | "slow" | "dead" | "noisy";
  /** A method that it never answers. */
  readonly deafTo?: string;
  /** What it refuses methods with. */
  readonly refuses?: Readonly<Record<string, Refusal>>;
  /** It answers nothing that it is not told to. */
  readonly endless?: boolean;
  /** Which blocks of a prompt it takes beside text. */
  readonly takes?: Readonly<Record<string, boolean>>;
  /** It ends neither with its stdin nor at SIGTERM. */
  readonly stubborn?: boolean;
}

/** An error of JSON-RPC. */
interface Refusal {
  readonly code: number;
  readonly message: string;
}

interface Message {
  readonly id?: unknown;
  readonly method?: string;
  // deno-lint-ignore no-explicit-any
  readonly params?: any;
  // deno-lint-ignore no-explicit-any
  readonly result?: any;
}

interface Writer {
  writeSync(bytes: Uint8Array): number;
}

class ScriptedAgent {
  readonly #manner: AgentManner;
  readonly #histories = new Map<string, string[]>();
  readonly #cancelled = new Map<string, () => void>();
  readonly #asked = new Map<unknown, (message: Message) => void>();
  #lastId = 0;

  constructor(manner: AgentManner) {
    this.#manner = manner;
  }

  async run(): Promise<void> {
    const { start, stubborn } = this.#manner;
    if (stubborn) {
      Deno.addSignalListener("SIGTERM", () => this.#note("ignored SIGTERM"));
    }
    if (start === "dead") {
      complain("no model is configured");
      Deno.exit(7);
    }
    if (start === "noisy") {
      writeAll(
        new TextEncoder().encode(
          'Welcome!\n{ not json\n[1, 2]\n"text"\n42\n',
        ),
      );
      complain("warning ".repeat(200_000));
    }
    if (start === "slow") await new Promise((done) => setTimeout(done, 1_500));
    let rest = "";
    const decoder = new TextDecoderStream();
    for await (const chunk of Deno.stdin.readable.pipeThrough(decoder)) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      for (const line of lines) void this.#take(JSON.parse(line));
    }
    this.#note("stdin ended");
    if (stubborn) await new Promise((done) => setTimeout(done, 600_000));
    Deno.exit(0);
  }

  #note(what: string): void {
    const { log } = this.#manner;
    if (log === undefined) return;
    Deno.writeTextFileSync(log, `${what}\n`, { append: true });
  }

  #write(message: Record<string, unknown>): void {
    const line = JSON.stringify({ jsonrpc: "2.0", ...message });
    writeAll(new TextEncoder().encode(`${line}\n`));
  }

  #update(sessionId: string, update: Record<string, unknown>): void {
    this.#write({ method: "session/update", params: { sessionId, update } });
  }

  #say(sessionId: string, text: string, messageId?: string): void {
    this.#update(sessionId, {
      sessionUpdate: "agent_message_chunk",
      content: { type: "text", text },
      ...(messageId === undefined ? {} : { messageId }),
    });
  }

  #tool(sessionId: string, kind: string): void {
    this.#update(sessionId, {
      sessionUpdate: "tool_call",
      toolCallId: "call",
      title: "a title with a stranger's words",
      kind,
    });
  }

  async #ask(method: string, params: unknown): Promise<Message> {
    const id = `ask-${++this.#lastId}`;
    const answer = new Promise<Message>((done) => this.#asked.set(id, done));
    this.#write({ id, method, params });
    return await answer;
  }

  async #take(message: Message): Promise<void> {
    const { id, method } = message;
    if (method === undefined) return this.#asked.get(id)?.(message);
    const { start, login, deafTo, refuses = {} } = this.#manner;
    if (start === "silent") return;
    if (method === deafTo) return this.#note(`deaf to ${method}`);
    const refusal = refuses[method];
    if (refusal !== undefined) return this.#write({ id, error: refusal });
    if (method === "session/cancel") {
      this.#note("cancel");
      return this.#cancelled.get(message.params.sessionId)?.();
    }
    const wantsLogin = (login === "session" && method === "session/new") ||
      (login === "prompt" && method === "session/prompt");
    if (wantsLogin) {
      const error = { code: -32000, message: "Authentication required" };
      return this.#write({ id, error });
    }
    const result = await this.#answer(method, message.params);
    this.#write(
      typeof result === "string"
        ? { id, error: { code: Number(result), message: "no" } }
        : { id, result },
    );
  }

  // deno-lint-ignore no-explicit-any
  async #answer(method: string, params: any): Promise<unknown> {
    const { takesUp, version = 1, takes = {} } = this.#manner;
    switch (method) {
      case "initialize":
        this.#note(`initialize ${JSON.stringify(params.clientCapabilities)}`);
        return {
          protocolVersion: version,
          agentCapabilities: {
            promptCapabilities: takes,
            loadSession: takesUp?.startsWith("load") ?? false,
            sessionCapabilities: {
              close: {},
              ...(takesUp === "resume" ? { resume: {} } : {}),
            },
          },
        };
      case "session/new": {
        const sessionId = crypto.randomUUID();
        this.#histories.set(sessionId, []);
        this.#note(`new ${params.cwd}`);
        this.#note(`meta ${JSON.stringify(params._meta)}`);
        return { sessionId };
      }
      case "session/load":
      case "session/resume":
        return this.#takeUp(method, params.sessionId);
      case "session/close":
        this.#note("close");
        this.#histories.delete(params.sessionId);
        return {};
      case "session/prompt":
        return await this.#turn(params.sessionId, params.prompt);
      default:
        return "-32601";
    }
  }

  #takeUp(method: string, sessionId: string): unknown {
    this.#note(method);
    let history: string[];
    try {
      history = JSON.parse(Deno.readTextFileSync(this.#file(sessionId)));
    } catch {
      return "-32002";
    }
    this.#histories.set(sessionId, history);
    const replay = () => {
      for (const text of history) this.#say(sessionId, `replayed ${text}`);
    };
    if (this.#manner.takesUp === "load") replay();
    if (this.#manner.takesUp === "load late") setTimeout(replay, 20);
    return {};
  }

  #file(sessionId: string): string {
    return `${this.#manner.log}.${sessionId.replace(/[^\w-]/g, "")}`;
  }

  // deno-lint-ignore no-explicit-any
  async #turn(sessionId: string, prompt: any[]): Promise<unknown> {
    const history = this.#histories.get(sessionId);
    if (history === undefined) return "-32602";
    const [{ text: whole }, ...links] = prompt;
    const text: string = whole.slice(whole.indexOf("\n\n") + 2);
    history.push(text);
    if (this.#manner.log !== undefined) {
      Deno.writeTextFileSync(this.#file(sessionId), JSON.stringify(history));
    }
    const [verb = "", ...rest] = this.#manner.endless
      ? ["HANG"]
      : text.split(" ");
    this.#note(`turn ${verb}`);
    const said = rest.join(" ");
    const say = (text: string) => this.#say(sessionId, text);
    const end = { stopReason: "end_turn" };
    switch (verb) {
      case "PERMIT": {
        say("let me see");
        const { result } = await this.#ask(
          "session/request_permission",
          { sessionId, ...JSON.parse(said) },
        );
        say(JSON.stringify(result.outcome));
        return end;
      }
      case "READ-FILE": {
        await this.#ask("fs/read_text_file", { sessionId, path: said })
          .then((answer) => say(JSON.stringify(answer)));
        return end;
      }
      case "TOOLS":
        say("first");
        this.#tool(sessionId, "execute");
        say("between");
        this.#tool(sessionId, said);
        if (said !== "silence") {
          this.#say(sessionId, "the ", "m1");
          this.#say(sessionId, "answer", "m1");
          this.#say(sessionId, "and more", "m2");
        }
        return end;
      case "HANG":
      case "DEAF": {
        const cancelled = new Promise<void>((done) =>
          this.#cancelled.set(sessionId, done)
        );
        say("half an answer");
        await cancelled;
        if (verb === "DEAF") await new Promise(() => {});
        const { result } = await this.#ask("session/request_permission", {
          sessionId,
          toolCall: { toolCallId: "late", kind: "read" },
          options: ONCE,
        });
        this.#note(`after cancel: ${JSON.stringify(result.outcome)}`);
        return { stopReason: "cancelled" };
      }
      case "WAIT-FOR": // until that file is there
        while (!exists(said)) await new Promise((done) => setTimeout(done, 10));
        say(`waited ${history.length}`);
        return end;
      case "CRASH":
        complain("out of memory");
        Deno.exit(3);
        break;
      case "GARBAGE":
        writeAll(
          new TextEncoder().encode(
            'garbage\n{"jsonrpc":\n{}\n{"method":"session/update","params":{"sessionId":{"toString":1}}}\n{"id":7,"method":"session/request_permission","params":{"sessionId":{"toString":1}}}\n',
          ),
        );
        say("still here");
        return end;
      case "HALVES": {
        const line = JSON.stringify({
          jsonrpc: "2.0",
          method: "session/update",
          params: {
            sessionId,
            update: {
              sessionUpdate: "agent_message_chunk",
              content: { type: "text", text: "grüße 🙂" },
            },
          },
        });
        for (const byte of new TextEncoder().encode(`${line}\n`)) {
          writeAll(new Uint8Array([byte]));
        }
        return end;
      }
      case "LONG-LINE":
        this.#update(sessionId, { filler: "x".repeat(Number(said)) });
        say("after it");
        return end;
      case "FLOOD":
        for (let count = 0; count < 20_000; count++) {
          this.#update(sessionId, { sessionUpdate: "plan", entries: [count] });
        }
        say("dry again");
        return end;
      case "MUCH":
        for (let count = 0; count < 50; count++) say("x".repeat(100_000));
        if (said === "deaf") await new Promise(() => {});
        return end;
      case "STDERR":
        complain("noise ".repeat(500_000));
        say("said enough");
        return end;
      case "STOP":
        if (said !== "refusal") say("so far");
        return { stopReason: said };
      case "ERROR":
        return said;
      case "LOSE-SESSION":
        this.#histories.delete(sessionId);
        return "-32602";
      case "ENV":
        say(JSON.stringify({ env: Deno.env.toObject(), cwd: Deno.cwd() }));
        return end;
      case "PROMPT":
        say(JSON.stringify({ whole, links, args: Deno.args }));
        return end;
      default:
        say(`heard: ${history.join(" | ")}`);
        return {
          ...end,
          usage: { inputTokens: 7, outputTokens: 3 },
        };
    }
  }
}

/** What an agent offers that asks for a tool. */
export const ONCE = [
  { optionId: "always", name: "Always", kind: "allow_always" },
  { optionId: "once", name: "Once", kind: "allow_once" },
  { optionId: "no", name: "No", kind: "reject_once" },
];

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function writeAll(bytes: Uint8Array, to: Writer = Deno.stdout): void {
  for (let at = 0; at < bytes.length;) at += to.writeSync(bytes.subarray(at));
}

function complain(text: string): void {
  writeAll(new TextEncoder().encode(`${text}\n`), Deno.stderr);
}

if (import.meta.main) {
  await new ScriptedAgent(JSON.parse(Deno.args[0]!)).run();
}
