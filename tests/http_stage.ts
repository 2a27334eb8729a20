/** A server of an operator's on loopback, for back ends that speak HTTP: it keeps what it was asked, and can be spoilt. */
import { type Fault, RecordedRequest } from "../src/testing/mod.ts";
import { Gateway } from "./faults/gateway.ts";
import type { WireFault } from "./faults/wire_faults.ts";

/** Answers a request. */
export type Answerer = (
  request: RecordedRequest,
) => Response | Promise<Response>;

/** The server. */
export class HttpStage implements AsyncDisposable {
  /** What it was asked, in the order of arrival. */
  readonly requests: RecordedRequest[] = [];
  readonly #down = new AbortController();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #gateway: Gateway;
  #faults: Fault[] = [];

  /** Starts it; `answer` answers what no fault spoils. */
  constructor(private answer: Answerer) {
    this.#server = Deno.serve({
      hostname: "127.0.0.1",
      port: 0,
      onListen: () => {},
      onError: () => new Response(null, { status: 500 }),
    }, (request) => this.#serve(request));
    this.#gateway = new Gateway(`http://127.0.0.1:${this.#server.addr.port}`);
  }

  /** Its base URL. */
  get url(): string {
    return this.#gateway.url;
  }

  /** The request that came last. */
  get last(): RecordedRequest {
    const request = this.requests.at(-1);
    if (request === undefined) throw new Error("nothing was asked");
    return request;
  }

  /** Answers otherwise from now on. */
  answerWith(answer: Answerer): void {
    this.answer = answer;
  }

  /** The posts among them: a check asks in another way. */
  get posts(): RecordedRequest[] {
    return this.requests.filter(({ method }) => method === "POST");
  }

  /** Spoils the next post. */
  spoil({ answer, raw }: WireFault): void {
    if (answer !== undefined) this.#faults.push(answer);
    if (raw !== undefined) {
      this.#gateway.add({ fault: raw, when: () => true, times: 1, hits: 0 });
    }
  }

  async #serve(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const record = new RecordedRequest({
      endpoint: "other",
      method: request.method,
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      bytes: await request.bytes(),
      timeMs: Date.now(),
      workspaceId: "",
    });
    this.requests.push(record);
    const proceed = async () => await this.answer(record);
    const fault = request.method === "POST" ? this.#faults.shift() : undefined;
    if (fault === undefined) return await proceed();
    const spoilt = Promise.resolve(
      fault({ request: record, proceed, down: this.#down.signal }),
    );
    const down = Promise.withResolvers<Response>();
    const end = () => down.resolve(new Response(null, { status: 503 }));
    this.#down.signal.addEventListener("abort", end);
    return await Promise.race([spoilt, down.promise]);
  }

  /** Stops it, with what hangs. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#down.abort();
    await this.#gateway[Symbol.asyncDispose]();
    await this.#server.shutdown();
  }
}

/** An address at which nobody listens. */
export function nobody(): string {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return `http://127.0.0.1:${port}`;
}

/** Runs `use` with environment variables set; they are gone after it. */
export async function withEnv<T>(
  variables: Readonly<Record<string, string>>,
  use: () => T | Promise<T>,
): Promise<T> {
  for (const [name, value] of Object.entries(variables)) {
    Deno.env.set(name, value);
  }
  try {
    return await use();
  } finally {
    for (const name of Object.keys(variables)) Deno.env.delete(name);
  }
}

/** A server for contract tests, whose back ends come without an end that it could wait for. */
export function contractServer(
  answer: (request: Request) => Response | Promise<Response>,
): string {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    answer,
  );
  server.unref();
  return `http://127.0.0.1:${server.addr.port}`;
}

/** One that takes requests, tells of each, and answers none. */
export function silentServer(): { url: string; begun: () => void } {
  const server = {
    begun: () => {},
    url: contractServer(() => {
      server.begun();
      return new Promise(() => {});
    }),
  };
  return server;
}
