/** A TCP gateway before the sandbox, for what no HTTP server does: connections that are reset, or that nobody answers. */

/** What befalls a connection. */
export type RawFault =
  /** It is closed with bytes unread, so that the other side gets a reset. */
  | "reset"
  /** It stays open, and nothing ever comes. */
  | "half-open";

/** Which connections are spoilt, and how often that happened. */
export interface RawRule {
  readonly fault: RawFault;
  /** Whether the request with this first line is meant, such as `GET /health HTTP/1.1`. */
  readonly when: (line: string) => boolean;
  times: number;
  hits: number;
}

const LINE_END = "\r\n".charCodeAt(1);

/** Passes each request on in a connection of its own, but for those that a rule spoils. */
export class Gateway implements AsyncDisposable {
  readonly #target: string;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.TcpConn>();
  readonly #ended: Promise<void>;
  #rules: RawRule[] = [];

  /** Passes on to the server at `url`. */
  constructor(url: string) {
    this.#target = url;
    this.#ended = this.#accept();
  }

  /** Its base URL. */
  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}`;
  }

  /** Puts a rule in force. */
  add(rule: RawRule): void {
    this.#rules.push(rule);
  }

  async #accept(): Promise<void> {
    const under: Promise<void>[] = [];
    for await (const conn of this.#listener) {
      under.push(this.#serve(conn).catch(() => {})); // either side may go away
    }
    await Promise.all(under);
  }

  async #serve(conn: Deno.TcpConn): Promise<void> {
    this.#open.add(conn);
    try {
      const line = await firstLine(conn);
      const rule = this.#rules.find((rule) =>
        rule.times > 0 && rule.when(line)
      );
      if (rule === undefined) return await this.#pass(conn, line);
      rule.times--;
      rule.hits++;
      if (rule.fault === "reset") return; // the headers were not read: closing resets
      await conn.readable.pipeTo(new WritableStream()); // until the other side has had enough
    } finally {
      this.#close(conn);
    }
  }

  /** One request a connection: the next one is to be looked at, too. */
  async #pass(conn: Deno.TcpConn, line: string): Promise<void> {
    const { port } = new URL(this.#target);
    const server = await Deno.connect({
      hostname: "127.0.0.1",
      port: Number(port),
    });
    this.#open.add(server);
    try {
      const head = `${line}\r\nconnection: close\r\n`;
      const writer = server.writable.getWriter();
      await writer.write(new TextEncoder().encode(head));
      writer.releaseLock();
      const up = conn.readable.pipeTo(server.writable).catch(() => {});
      await server.readable.pipeTo(conn.writable).catch(() => {});
      this.#close(conn);
      await up;
    } finally {
      this.#close(server);
    }
  }

  #close(conn: Deno.TcpConn): void {
    if (!this.#open.delete(conn)) return;
    try {
      conn.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error; // its streams have closed it
    }
  }

  /** Ends it, and what is open. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const conn of [...this.#open]) this.#close(conn);
    await this.#ended;
  }
}

/** The first line, byte by byte: what is read here cannot be left unread. */
async function firstLine(conn: Deno.TcpConn): Promise<string> {
  const bytes: number[] = [];
  const byte = new Uint8Array(1);
  while (bytes.at(-1) !== LINE_END) {
    if (await conn.read(byte) === null) throw new Deno.errors.UnexpectedEof();
    bytes.push(byte[0]!);
  }
  return new TextDecoder().decode(new Uint8Array(bytes)).trimEnd();
}
