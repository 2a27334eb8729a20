/**
 * A model behind the APIs of Google, OpenAI and Anthropic, on this machine: what real agents talk to in tests. It answers
 * with everything that users said, calls the shell where it is asked to, and can be slow.
 */

// What comes in is whatever an agent sends: nothing of it is checked.
// deno-lint-ignore no-explicit-any
type Json = any;

/** What the model does. */
interface Move {
  readonly text: string;
  /** A command for the shell. */
  readonly run?: string;
}

interface Heard {
  /** What users said, in order. */
  readonly users: readonly string[];
  /** What came back from a tool right before. */
  readonly toolResult: string | undefined;
}

function texts(content: Json): string[] {
  if (typeof content === "string") return [content];
  return (content ?? []).flatMap((part: Json) =>
    typeof part.text === "string" ? [part.text] : []
  );
}

function heard(body: Json): Heard {
  const turns: Json[] = body.contents ?? body.messages ?? [];
  const last = turns.at(-1);
  const parts: Json[] = Array.isArray(last?.parts ?? last?.content)
    ? last.parts ?? last.content
    : [];
  const result = parts.find((part) =>
    part.functionResponse !== undefined || part.type === "tool_result"
  );
  return {
    users: turns.filter(({ role }) => role === "user")
      .flatMap(({ parts, content }) => texts(parts ?? content)),
    toolResult: last?.role === "tool"
      ? JSON.stringify(last)
      : result === undefined
      ? undefined
      : JSON.stringify(result),
  };
}

function sse(events: readonly Json[], named: boolean): Response {
  const body = events.map((event) =>
    `${named ? `event: ${event.type}\n` : ""}data: ${
      typeof event === "string" ? event : JSON.stringify(event)
    }\n\n`
  ).join("");
  return new Response(body, {
    headers: { "content-type": "text/event-stream" },
  });
}

function google({ text, run }: Move, stream: boolean): Response {
  const call = {
    functionCall: {
      name: "run_shell_command",
      args: { command: run, description: "a command" },
    },
  };
  const answer = {
    candidates: [{
      content: {
        role: "model",
        parts: [{ text }, ...(run === undefined ? [] : [call])],
      },
      finishReason: "STOP",
      index: 0,
    }],
    usageMetadata: {
      promptTokenCount: 7,
      candidatesTokenCount: 3,
      totalTokenCount: 10,
    },
  };
  return stream ? sse([answer], false) : Response.json(answer);
}

function openai({ text, run }: Move): Response {
  const chunk = (delta: Json, finish_reason: string | null = null) => ({
    id: "chunk",
    object: "chat.completion.chunk",
    created: 1,
    model: "m1",
    choices: [{ index: 0, delta, finish_reason }],
  });
  const call = {
    index: 0,
    id: crypto.randomUUID(),
    type: "function",
    function: {
      name: "bash",
      arguments: JSON.stringify({ command: run, description: "a command" }),
    },
  };
  return sse([
    chunk({ role: "assistant", content: text }),
    ...(run === undefined ? [] : [chunk({ tool_calls: [call] })]),
    chunk({}, run === undefined ? "stop" : "tool_calls"),
    "[DONE]",
  ], false);
}

function anthropic({ text, run }: Move, stream: boolean): Response {
  const blocks: Json[] = [{ type: "text", text }];
  const input = { command: run, description: "a command" };
  if (run !== undefined) {
    const id = `toolu_${crypto.randomUUID()}`;
    blocks.push({ type: "tool_use", id, name: "Bash", input });
  }
  const message = {
    id: `msg_${crypto.randomUUID()}`,
    ...{ type: "message", role: "assistant", model: "m1" },
    content: blocks,
    stop_reason: run === undefined ? "end_turn" : "tool_use",
    stop_sequence: null,
    usage: { input_tokens: 7, output_tokens: 3 },
  };
  if (!stream) return Response.json(message);
  const { stop_reason, usage } = message;
  return sse([
    {
      type: "message_start",
      message: { ...message, content: [], stop_reason: null },
    },
    ...blocks.flatMap((block, index) => [
      {
        type: "content_block_start",
        index,
        content_block: block.type === "text"
          ? { type: "text", text: "" }
          : { ...block, input: {} },
      },
      {
        type: "content_block_delta",
        index,
        delta: block.type === "text"
          ? { type: "text_delta", text }
          : { type: "input_json_delta", partial_json: JSON.stringify(input) },
      },
      { type: "content_block_stop", index },
    ]),
    { type: "message_delta", delta: { stop_reason }, usage },
    { type: "message_stop" },
  ], true);
}

/** The model. */
export class LoopbackModel implements AsyncDisposable {
  /** What was asked, in order, as JSON. */
  readonly asked: string[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  #slow = Promise.withResolvers<void>();
  #begun = Promise.withResolvers<void>();

  private constructor() {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => this.#answer(request),
    );
  }

  /** Starts one. */
  static start(): LoopbackModel {
    return new LoopbackModel();
  }

  /** Where it listens. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Resolves when it is asked for something slow. */
  get slowBegun(): Promise<void> {
    return this.#begun.promise;
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const text = await request.text();
    const known = /enerateContent|chat\/completions|v1\/messages$/;
    if (request.method !== "POST" || !known.test(pathname)) {
      return Response.json({});
    }
    this.asked.push(text);
    const body = JSON.parse(text);
    const config = body.generationConfig ?? {};
    if (config.responseMimeType === "application/json") {
      return google({ text: "{}" }, false);
    }
    const move = await this.#move(heard(body));
    if (body.contents !== undefined) {
      return google(move, pathname.includes("stream"));
    }
    return pathname.endsWith("messages")
      ? anthropic(move, body.stream === true)
      : openai(move);
  }

  async #move({ users, toolResult }: Heard): Promise<Move> {
    if (toolResult !== undefined) return { text: `tool said: ${toolResult}` };
    const last = users.at(-1) ?? "";
    const run = /^RUN: (.*)$/m.exec(last)?.[1];
    if (run !== undefined) return { text: "let me see", run };
    if (/^SLOW$/m.test(last)) {
      this.#begun.resolve();
      await this.#slow.promise;
    }
    // The last line of each: what agents add of their own stands elsewhere.
    const lines = users.map((text) => text.trim().split("\n").at(-1));
    return { text: `users said: ${lines.join(" | ")}` };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#slow.resolve();
    await this.#server.shutdown();
  }
}
