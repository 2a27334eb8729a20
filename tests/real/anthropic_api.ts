/** Stands in for the API that a real `claude` asks: it answers what a test says, in order, and keeps what it was asked. */

/** One answer of the model: what it says and calls, a refusal with its status, or silence until the request ends. */
export type ModelAnswer =
  | { readonly text?: string; readonly call?: ToolCall }
  | {
    readonly status: number;
    readonly type: string;
    readonly headers?: Readonly<Record<string, string>>;
  }
  | "silence";

/** A tool that the model calls. */
export interface ToolCall {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

const USAGE = {
  input_tokens: 11,
  output_tokens: 1,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
};

/** The events of one block of an answer. */
function block(index: number, content: string | ToolCall): object[] {
  const [begin, delta] = typeof content === "string"
    ? [{ type: "text", text: "" }, { type: "text_delta", text: content }]
    : [
      {
        type: "tool_use",
        id: `toolu_${index}_${Date.now()}`,
        name: content.name,
        input: {},
      },
      {
        type: "input_json_delta",
        partial_json: JSON.stringify(content.input),
      },
    ];
  return [
    { type: "content_block_start", index, content_block: begin },
    { type: "content_block_delta", index, delta },
    { type: "content_block_stop", index },
  ];
}

function stream(text: string, call: ToolCall | undefined): Response {
  const message = {
    id: `msg_${crypto.randomUUID()}`,
    type: "message",
    role: "assistant",
    model: "claude-sonnet-4-5",
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: USAGE,
  };
  const contents = [text, ...(call === undefined ? [] : [call])];
  const stop_reason = call === undefined ? "end_turn" : "tool_use";
  const events = [
    { type: "message_start", message },
    ...contents.flatMap((content, index) => block(index, content)),
    {
      type: "message_delta",
      delta: { stop_reason, stop_sequence: null },
      usage: { output_tokens: 7 },
    },
    { type: "message_stop" },
  ];
  const body = events.map((event) => {
    const { type } = event as { type: string };
    return `event: ${type}\ndata: ${JSON.stringify(event)}\n\n`;
  }).join("");
  return new Response(body, {
    headers: { "content-type": "text/event-stream" },
  });
}

/** The running stand-in. */
export class AnthropicApi implements AsyncDisposable {
  /** The bodies of the requests to the model, as text. */
  readonly asked: string[] = [];
  /** Resolves when the model is asked for something that it does not answer. */
  readonly silent: Promise<void>;
  readonly #answers: ModelAnswer[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #silent = Promise.withResolvers<void>();
  readonly #over = new AbortController();

  constructor() {
    this.silent = this.#silent.promise;
    this.#server = Deno.serve({
      hostname: "127.0.0.1",
      port: 0,
      onListen: () => {},
      signal: this.#over.signal,
    }, (request) => this.#handle(request));
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** What the model answers next; the last answer stays. */
  answers(...answers: readonly ModelAnswer[]): void {
    this.#answers.splice(0, Infinity, ...answers);
  }

  /** What the tools of the last turn gave, as the model was told. */
  get toolResults(): string {
    const { messages } = JSON.parse(this.asked.at(-1) ?? "{}");
    return JSON.stringify(
      messages?.flatMap(
        ({ content }: { content: unknown }) =>
          Array.isArray(content)
            ? content.filter(({ type }) => type === "tool_result")
            : [],
      ),
    );
  }

  async #handle(request: Request): Promise<Response> {
    const body = await request.text();
    if (new URL(request.url).pathname !== "/v1/messages") {
      return Response.json({});
    }
    this.asked.push(body);
    const answer = this.#answers.length > 1
      ? this.#answers.shift()!
      : this.#answers[0] ?? { text: "hello" };
    if (answer === "silence") {
      this.#silent.resolve();
      return new Response(new ReadableStream(), {
        headers: { "content-type": "text/event-stream" },
      });
    }
    if (!("status" in answer)) return stream(answer.text ?? "so", answer.call);
    const { status, type, headers = {} } = answer;
    const error = { type, message: "as the test wants it" };
    return Response.json({ type: "error", error }, { status, headers });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await this.#server.finished;
  }
}
