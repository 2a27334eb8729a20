/**
 * What clients asked the sandbox, kept for tests to look at.
 *
 * @module
 */
import type { Endpoint } from "./endpoint.ts";

/** One request that reached the sandbox. */
export class RecordedRequest {
  /** Which endpoint it is for. */
  readonly endpoint: Endpoint;
  /** The HTTP method. */
  readonly method: string;
  /** The path, without the query. */
  readonly path: string;
  /** The query. */
  readonly query: URLSearchParams;
  /** The headers as they came. */
  readonly headers: Headers;
  /** The body as it came. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The platform's time at its arrival, in milliseconds since 1970. */
  readonly timeMs: number;
  /** The workspace in the path, or "". */
  readonly workspaceId: string;
  /** The status of the answer; undefined while there is none. */
  status: number | undefined;

  /** Keeps a request. */
  constructor(init: {
    endpoint: Endpoint;
    method: string;
    path: string;
    query: URLSearchParams;
    headers: Headers;
    bytes: Uint8Array<ArrayBuffer>;
    timeMs: number;
    workspaceId: string;
  }) {
    this.endpoint = init.endpoint;
    this.method = init.method;
    this.path = init.path;
    this.query = init.query;
    this.headers = init.headers;
    this.bytes = init.bytes;
    this.timeMs = init.timeMs;
    this.workspaceId = init.workspaceId;
  }

  /** The body as text. */
  get text(): string {
    return new TextDecoder().decode(this.bytes);
  }

  /** The body as JSON, or undefined where it is none. */
  // deno-lint-ignore no-explicit-any -- tests look at any shape
  get json(): any {
    try {
      return JSON.parse(this.text);
    } catch {
      return undefined;
    }
  }
}

/** The newest requests. */
export class Recorder {
  readonly #keep: number;
  #requests: RecordedRequest[] = [];

  /** Keeps at least `keep` requests and fewer than twice as many, so that a sandbox may run for weeks. */
  constructor(keep: number) {
    this.#keep = keep;
  }

  /** The kept requests, oldest first. */
  get requests(): readonly RecordedRequest[] {
    return this.#requests;
  }

  /** Adds one. */
  add(request: RecordedRequest): void {
    if (this.#keep === 0) return;
    this.#requests.push(request);
    // Cut rarely: a shift per request would cost as much as all that are kept.
    if (this.#requests.length >= 2 * this.#keep) {
      this.#requests = this.#requests.slice(-this.#keep);
    }
  }
}
