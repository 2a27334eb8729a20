/**
 * Files on the web that a message points to. Its sender chose the address: it must not lead to this machine, or into this
 * network, unless the operator named that very address.
 */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { PermanentError, TransientError } from "../errors.ts";
import { inTime } from "../in_time.ts";
import { type Answer, type RequestSpec, send } from "../platform/request.ts";
import type { FileHosts } from "./file_hosts.ts";
import { isPublicAddress } from "./public_address.ts";

/** The addresses of a host. @throws what the system's resolver says. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** Asks the system, which knows its hosts file too. */
async function resolveBySystem(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
}

/** Where files of the web may come from, and how long they may take. */
export interface WebFilesOptions {
  readonly hosts: FileHosts;
  /** Longest time without an answer, or without another piece of it, in milliseconds. */
  readonly timeoutMs: number;
  /** Longest time of all files of one message, in milliseconds. */
  readonly messageMs: number;
}

/** What is wrong with an address, for good. */
export class NotAllowedError extends Error {
  /** The class's name. */
  override readonly name = "NotAllowedError";
}

/** Fetches files of the web. */
export class WebFiles {
  readonly #options: WebFilesOptions;
  readonly #resolve: Resolve;

  /** Fetches nothing yet. */
  constructor(options: WebFilesOptions, resolve: Resolve = resolveBySystem) {
    this.#options = options;
    this.#resolve = resolve;
  }

  /** Begins the time that the files of one message have together. */
  limit(): AbortSignal {
    return AbortSignal.timeout(this.#options.messageMs);
  }

  /**
   * Fetches the file that `address` points to before `limit` aborts; its bytes go to `sink`. Returns the MIME type that the server tells.
   * Redirects are not followed, and nothing of ours is sent along.
   *
   * @throws {NotAllowedError} if the operator did not allow that address.
   * @throws {TooLargeError} if it is longer than `maxBytes`.
   * @throws {PermanentError} if the server says that there is no such file.
   * @throws {TransientError} for everything that may pass.
   * @throws what `sink` throws; the signal's reason if it aborts.
   */
  async fetch(
    address: string,
    maxBytes: number,
    sink: (bytes: Uint8Array) => Promise<void>,
    signal: AbortSignal,
    limit: AbortSignal,
  ): Promise<string> {
    const { hosts, timeoutMs, messageMs } = this.#options;
    const url = URL.canParse(address) ? new URL(address) : undefined;
    if (url === undefined || !hosts.allows(url)) {
      throw new NotAllowedError("the operator did not allow its host");
    }
    const either = AbortSignal.any([signal, limit]);
    const op = `GET ${url.host}`;
    try {
      const address = await this.#checkedAddress(url, op, either);
      const answer = await get(url, address, {
        ...{ maxBytes, sink, timeoutMs, signal: either },
      });
      const { status, type } = answer;
      if (status === 200) return type;
      const mayPass = [408, 425, 429].includes(status) || status >= 500;
      throw mayPass
        ? new TransientError(op, undefined, { status })
        : new PermanentError(op, status);
    } catch (error) {
      signal.throwIfAborted();
      if (!limit.aborted) throw error;
      throw new TransientError(op, `not all files within ${messageMs} ms`);
    }
  }

  /** An address of the host that may be connected to. */
  async #checkedAddress(
    url: URL,
    op: string,
    signal: AbortSignal,
  ): Promise<string> {
    const { hosts } = this.#options;
    const host = url.hostname.replace(/^\[|\]$/g, "");
    let addresses: readonly string[];
    try {
      addresses = isIP(host) > 0
        ? [host]
        : await inTime(this.#resolve(host), signal);
    } catch (cause) {
      throw new TransientError(op, cause);
    }
    const allowed = addresses.find((address) =>
      isPublicAddress(address) || hosts.names(address, url)
    );
    if (allowed !== undefined) return allowed;
    throw new NotAllowedError(
      `${host} is ${
        addresses.join(", ")
      }: no public address, and none that the operator named`,
    );
  }
}

/**
 * Gets `url` from the address that was checked: a name that is looked up once more can lead elsewhere by then. Over TLS
 * the certificate says that it does not, before anything is sent.
 */
async function get(
  url: URL,
  address: string,
  rest: Pick<RequestSpec, "maxBytes" | "sink" | "timeoutMs" | "signal">,
): Promise<Answer> {
  const target = new URL(url);
  target.hash = "";
  if (url.protocol === "http:") {
    target.hostname = isIP(address) === 6 ? `[${address}]` : address;
  }
  const client = Deno.createHttpClient({ http2: false, allowHost: true });
  const transport: Parameters<typeof send>[0] = {
    with: (use) => use(client),
    renew: () => {},
  };
  try {
    return await send(transport, {
      method: "GET",
      url: target.href,
      path: url.host,
      headers: { host: url.host, accept: "*/*" },
      purpose: "read",
      isAnothers: true,
      ...rest,
    });
  } finally {
    client.close();
  }
}
