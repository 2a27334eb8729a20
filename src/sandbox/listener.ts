/**
 * A server on 127.0.0.1 that can go down and come back on the same port.
 *
 * @module
 */

/** How many of the handler's own failures are kept to be thrown at the end. */
const MAX_BUGS = 5;

/** Serves one handler. */
export class Listener {
  readonly #handler: (request: Request) => Promise<Response>;
  readonly #bugs: unknown[] = [];
  #port: number;
  #stop = new AbortController();
  #server: Deno.HttpServer<Deno.NetAddr> | undefined;

  /** `port` 0 takes any free one, and keeps it. */
  constructor(port: number, handler: (request: Request) => Promise<Response>) {
    this.#port = port;
    this.#handler = handler;
  }

  /** Base URL, known once it was up. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Aborts when it goes down. */
  get down(): AbortSignal {
    return this.#stop.signal;
  }

  /** Listens. */
  async up(): Promise<void> {
    if (this.#server !== undefined) return;
    this.#stop = new AbortController();
    const listening = Promise.withResolvers<Deno.NetAddr>();
    this.#server = Deno.serve({
      hostname: "127.0.0.1",
      port: this.#port,
      signal: this.#stop.signal,
      onListen: listening.resolve,
      // A body that breaks off on purpose ends here; what the handler throws is caught before.
      onError: () => new Response(null, { status: 500 }),
    }, (request) => this.#answer(request));
    this.#port = (await listening.promise).port;
  }

  /** Drops every connection and stops to listen. */
  async goDown(): Promise<void> {
    this.#stop.abort();
    await this.#server?.finished;
    this.#server = undefined;
  }

  /** Goes down for good; throws what the handler threw, which is a bug of the server's own. */
  async close(): Promise<void> {
    await this.goDown();
    const bugs = this.#bugs.splice(0);
    if (bugs.length > 0) throw new AggregateError(bugs, "The server failed");
  }

  async #answer(request: Request): Promise<Response> {
    try {
      return await this.#handler(request);
    } catch (error) {
      // A client that goes away in the middle of its request, or before anybody looked at it, is no bug of ours.
      const isOurs = !(error instanceof Deno.errors.Http ||
        error instanceof Deno.errors.BadResource);
      if (isOurs && this.#bugs.length < MAX_BUGS) this.#bugs.push(error);
      return new Response("the server failed", { status: 500 });
    }
  }
}
