/** OpenAI's Responses API on this machine: what the real Codex talks to in tests. */

// What comes in is whatever codex sends: nothing of it is checked.
// deno-lint-ignore no-explicit-any
type Json = any;

/** What users said in one request, in order, but for what codex itself puts there. */
function said(body: Json): string[] {
  return body.input
    .filter(({ type, role }: Json) => type === "message" && role === "user")
    .flatMap(({ content }: Json) => content.map(({ text }: Json) => text))
    .filter((text: string) => text.startsWith("[Message from"));
}

/** A model that answers with all that users said, and calls the shell where the last one says so. */
export class ResponsesApi implements AsyncDisposable {
  /** The bodies of all requests. */
  readonly requests: Json[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  /** Listens on a free port. */
  constructor() {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => this.#answer(request),
    );
  }

  /** The address for codex. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/v1`;
  }

  async #answer(request: Request): Promise<Response> {
    if (!new URL(request.url).pathname.endsWith("/responses")) {
      await request.body?.cancel();
      return Response.json({ data: [], models: [] });
    }
    const body = await request.json();
    this.requests.push(body);
    const texts = said(body);
    const last = texts.at(-1) ?? "";
    if (last.endsWith("over the limit")) {
      const error = { type: "usage_limit_reached", message: "limit" };
      return Response.json({ error }, { status: 429 });
    }
    const tools = body.input.filter(({ type }: Json) =>
      String(type).endsWith("call_output")
    );
    const item = last.endsWith("use the shell") && tools.length === 0
      ? {
        type: "function_call",
        ...{ id: "fc_1", call_id: "call_1", name: "exec_command" },
        arguments: JSON.stringify({ cmd: "echo out of the shell; env" }),
      }
      : {
        type: "message",
        ...{ id: "msg_1", role: "assistant" },
        content: [{
          type: "output_text",
          text: [
            ...texts.map((text) => text.split("\n\n").at(-1)),
            ...tools.map((tool: Json) => JSON.stringify(tool)),
          ].join("|"),
        }],
      };
    const usage = {
      ...{ input_tokens: 11, input_tokens_details: null },
      ...{ output_tokens: 5, output_tokens_details: null, total_tokens: 16 },
    };
    const events = [
      { type: "response.created", response: { id: "resp_1" } },
      { type: "response.output_item.done", output_index: 0, item },
      { type: "response.completed", response: { id: "resp_1", usage } },
    ];
    return new Response(
      events.map((event) =>
        `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
      ).join(""),
      { headers: { "content-type": "text/event-stream" } },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}
