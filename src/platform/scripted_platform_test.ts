/** For the tests beside this file: a platform that answers whatever a test says, and a client for it. */
import { PlatformClient } from "./client.ts";
import type { ClientOptions } from "./client_options.ts";

/** Id of the workspace that the client is for. */
export const W = "5b0f6c1e-8a37-4d19-9c42-7e1d3a60b8f4";
/** Its token. */
export const TOKEN = "s3cret-token-abc";

/** What the platform does with a request. */
export type Script = (request: Request) => Response | Promise<Response>;

/** A platform that answers by `script`, and keeps what was asked. */
export class ScriptedPlatform implements AsyncDisposable {
  /** The requests that came. */
  readonly asked: { url: URL; headers: Headers; body: string }[] = [];
  /** How it answers from now on. */
  script: Script;
  readonly #down = new AbortController();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  #clients: PlatformClient[] = [];

  /** Listens at once. */
  constructor(script: Script) {
    this.script = script;
    this.#server = Deno.serve({
      hostname: "127.0.0.1",
      port: 0,
      signal: this.#down.signal,
      onListen: () => {},
    }, async (request) => {
      const body = request.body === null ? "" : await request.clone().text();
      this.asked.push({
        url: new URL(request.url),
        headers: new Headers(request.headers),
        body,
      });
      return await this.script(request);
    });
  }

  /** Its base URL. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** A client for `W`. */
  client(options: Partial<ClientOptions> = {}): PlatformClient {
    const client = new PlatformClient({
      apiUrl: this.url,
      workspaceId: W,
      token: TOKEN,
      origin: "auto",
      timeoutMs: 30_000,
      redact: (text) => text,
      onInboundSecret: () => {},
      ...options,
    });
    this.#clients.push(client);
    return client;
  }

  /** Ends it, and the clients. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client[Symbol.dispose]();
    this.#down.abort();
    await this.#server.finished;
  }
}
