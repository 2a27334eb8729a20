/**
 * The least that a platform can be: four endpoints, ids of any form, every row handed out once.
 *
 * @module
 */
import { empty, json } from "./answer.ts";
import { Changes, type WaitOptions } from "./changes.ts";
import type { Endpoint } from "./endpoint.ts";
import { FaultBook, type FaultOptions, ScriptedFault } from "./fault_book.ts";
import type { Fault } from "./faults.ts";
import { Listener } from "./listener.ts";
import { RecordedRequest, Recorder } from "./recorder.ts";
import { route, Router } from "./router.ts";

const KEPT_REQUESTS = 10_000;

const router = new Router([
  route("POST", "/registry/register", "register", () => empty(200)),
  route("POST", "/registry/heartbeat", "heartbeat", () => empty(200)),
  route("POST", "/workspaces/:id/a2a", "a2a", () => empty(200)),
  route("GET", "/workspaces/:id/activity", "activity", () => empty(200)),
]);

/** A row to hand out: any JSON object, given as it is. */
export type MinimalRow = Readonly<Record<string, unknown>>;

/**
 * A platform with only register, heartbeat, a2a and activity. The first three answer 200 without a body; the feed is an
 * array in rising order, whatever the query says, and gives each row once; everything else is a 404 without a body.
 */
export class MinimalPlatform implements AsyncDisposable {
  readonly #listener: Listener;
  readonly #recorder = new Recorder(KEPT_REQUESTS);
  readonly #faults = new FaultBook();
  readonly #changes = new Changes();
  readonly #waiting = new Map<string, MinimalRow[]>();
  #rows = 0;

  private constructor(port: number) {
    this.#listener = new Listener(port, (request) => this.#answer(request));
  }

  /** Starts one on 127.0.0.1; without a port on any free one. */
  static async start(
    options: { readonly port?: number | undefined } = {},
  ): Promise<MinimalPlatform> {
    const platform = new MinimalPlatform(options.port ?? 0);
    await platform.#listener.up();
    return platform;
  }

  /** Base URL, without a trailing slash. */
  get url(): string {
    return this.#listener.url;
  }

  /** The requests that came, oldest first. */
  get requests(): readonly RecordedRequest[] {
    return this.#recorder.requests;
  }

  /** The requests that came to one endpoint, oldest first. */
  requestsTo(endpoint: Endpoint): readonly RecordedRequest[] {
    return this.requests.filter((request) => request.endpoint === endpoint);
  }

  /** Puts rows into a workspace's feed, as they are. */
  queue(workspaceId: string, ...rows: readonly MinimalRow[]): void {
    const waiting = this.#waiting.get(workspaceId) ?? [];
    this.#waiting.set(workspaceId, [...waiting, ...rows]);
    this.#changes.notify();
  }

  /** Puts a peer's message into a workspace's feed, with `fields` in place of what the row would have; gives its id. */
  queueMessage(
    workspaceId: string,
    text: string,
    fields: MinimalRow = {},
  ): string {
    const id = `act-${++this.#rows}`;
    const message = {
      role: "user",
      messageId: `msg-${this.#rows}`,
      parts: [{ type: "text", text }],
    };
    const row = {
      id,
      workspace_id: workspaceId,
      activity_type: "a2a_receive",
      source_id: "ws-caller",
      target_id: workspaceId,
      method: "message/send",
      status: "ok",
      created_at: new Date().toISOString(),
      request_body: {
        jsonrpc: "2.0",
        id: `rpc-${this.#rows}`,
        method: "message/send",
        params: { message },
      },
      ...fields,
    };
    this.queue(workspaceId, row);
    return String(row.id);
  }

  /** How many rows of a workspace were not handed out yet. */
  waiting(workspaceId: string): number {
    return this.#waiting.get(workspaceId)?.length ?? 0;
  }

  /** Spoils the next request to an endpoint, or so many as `options` says. */
  fault(
    endpoint: Endpoint | "any",
    fault: Fault,
    options: FaultOptions = {},
  ): ScriptedFault {
    const scripted = new ScriptedFault(endpoint, fault, options);
    this.#faults.add(scripted);
    return scripted;
  }

  /** As `Sandbox.waitFor`. */
  async waitFor<T>(
    predicate: () => T | false | null | undefined,
    options: WaitOptions = {},
  ): Promise<T> {
    return await this.#changes.waitFor(predicate, options);
  }

  /** Drops every connection and stops to listen; what waits stays. */
  async goDown(): Promise<void> {
    await this.#listener.goDown();
  }

  /** Listens again, on the same port. */
  async comeBack(): Promise<void> {
    await this.#listener.up();
  }

  /** Ends it, hung requests too. */
  async close(): Promise<void> {
    await this.#listener.close();
  }

  /** The same. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const match = router.match(request.method, url.pathname);
    const recorded = new RecordedRequest({
      endpoint: match?.route.endpoint ?? "other",
      method: request.method,
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      bytes: request.body === null ? new Uint8Array() : await request.bytes(),
      timeMs: Date.now(),
      workspaceId: match?.params.id ?? "",
    });
    this.#recorder.add(recorded);
    this.#changes.notify();
    const proceed = () => Promise.resolve(this.#proper(recorded));
    const fault = this.#faults.take(recorded);
    const response = fault === undefined
      ? await proceed()
      : await fault({ request: recorded, proceed, down: this.#listener.down });
    recorded.status = response.status;
    this.#changes.notify();
    return response;
  }

  #proper(request: RecordedRequest): Response {
    if (request.endpoint === "other") return empty(404);
    if (request.endpoint !== "activity") return empty(200);
    const rows = this.#waiting.get(request.workspaceId) ?? [];
    this.#waiting.delete(request.workspaceId);
    return json(rows);
  }
}
