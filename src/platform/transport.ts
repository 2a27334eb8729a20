/** The connections to the platform. After a failure they are not trusted again: the next request gets new ones. */

interface Generation {
  readonly client: Deno.HttpClient;
  inUse: number;
  retired: boolean;
}

function newGeneration(): Generation {
  // HTTP/2 keeps one connection: once the other side falls silent, every later request times out on it.
  return {
    client: Deno.createHttpClient({ http2: false }),
    inUse: 0,
    retired: false,
  };
}

/** An HTTP client that can be replaced while requests are under way. */
export class Transport implements Disposable {
  #now = newGeneration();

  /** Runs `use` with the client in force; the client stays open until `use` is done. */
  async with<T>(use: (client: Deno.HttpClient) => Promise<T>): Promise<T> {
    const generation = this.#now;
    generation.inUse++;
    try {
      return await use(generation.client);
    } finally {
      generation.inUse--;
      if (generation.retired && generation.inUse === 0) {
        generation.client.close();
      }
    }
  }

  /** From now on requests use new connections. */
  renew(): void {
    this.#retire();
    this.#now = newGeneration();
  }

  #retire(): void {
    this.#now.retired = true;
    if (this.#now.inUse === 0) this.#now.client.close();
  }

  /** Closes the connections once they are idle. */
  [Symbol.dispose](): void {
    this.#retire();
  }
}
