/** From which hosts files may be fetched that a message only points to. The operator names each one. */
import { isIP } from "node:net";
import { UsageError } from "../errors.ts";

const USUAL_PORTS: Readonly<Record<string, string>> = {
  "http:": "80",
  "https:": "443",
};

/** One host as a URL has it, and its port; without one it is the usual one of http or https. */
interface FileHost {
  readonly host: string;
  readonly port: string | undefined;
}

function readFileHost(text: unknown, label: string): FileHost {
  const refuse = () =>
    new UsageError(
      `${label} ${Deno.inspect(text)} is no host`,
      "give a host such as files.example.com, or with a port such as 127.0.0.1:8080; each one by itself, without a scheme or a *",
    );
  if (typeof text !== "string" || !/^[^\s/\\?#@*]+$/.test(text)) throw refuse();
  const bare = isIP(text) === 6 ? `[${text}]` : text;
  if (!URL.canParse(`http://${bare}`)) throw refuse();
  const { hostname, port } = new URL(`http://${bare}`);
  // What the URL leaves out is the port that is usual there.
  const isUsual = /:0*80$/.test(bare) && port === "";
  return { host: hostname, port: isUsual ? "80" : port || undefined };
}

/** The hosts that an operator named. */
export class FileHosts {
  readonly #hosts: readonly FileHost[];

  /** @throws {UsageError} naming `label` and the entry that is no host. */
  constructor(hosts: readonly string[], label = "allowFileHosts") {
    this.#hosts = hosts.map((host) => readFileHost(host, label));
  }

  /** Whether `host`, as a URL has it, is named with the port of a URL of that scheme. */
  #has(host: string, { protocol, port }: URL): boolean {
    const usual = USUAL_PORTS[protocol];
    const asked = port === "" ? usual : port;
    return this.#hosts.some((one) =>
      one.host === host && (one.port ?? usual) === asked
    );
  }

  /** Whether a file may be fetched from where `url` points to: a named host, without a user or a password. */
  allows(url: URL): boolean {
    return USUAL_PORTS[url.protocol] !== undefined &&
      url.username === "" && url.password === "" &&
      this.#has(url.hostname, url);
  }

  /** Whether the operator named `address` itself, with the port of `url`: then it may be a private one. */
  names(address: string, url: URL): boolean {
    return this.#has(isIP(address) === 6 ? `[${address}]` : address, url);
  }
}
