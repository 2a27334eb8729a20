/**
 * A platform in the box.
 *
 * @module
 */
import type { WaitOptions } from "./changes.ts";
import { bubbleOf } from "./bubble.ts";
import { Clock, rfc3339 } from "./clock.ts";
import { deliver } from "./deliver.ts";
import type { Endpoint } from "./endpoint.ts";
import { normalise, type Origin } from "./envelope.ts";
import { FaultBook, type FaultOptions, ScriptedFault } from "./fault_book.ts";
import type { Fault } from "./faults.ts";
import { Listener } from "./listener.ts";
import {
  asObject,
  type Bubble,
  type ChannelMessage,
  type ChannelOptions,
  envelopeOf,
  type MessageContent,
  type MessageOptions,
  type ReceivedMessage,
} from "./message.ts";
import { answer, type Pipeline } from "./pipeline.ts";
import { RateLimiter } from "./rate_limit.ts";
import { type RecordedRequest, Recorder } from "./recorder.ts";
import { rotate } from "./routes/credentials.ts";
import type { ActivityRow, RowFields } from "./row.ts";
import type {
  HeldRows,
  NewCredentials,
  SandboxOptions,
  WorkspaceWish,
} from "./sandbox_options.ts";
import { randomToken } from "./tokens.ts";
import { type NewFile, stageFiles, uriOf } from "./uploads.ts";
import type { Workspace } from "./workspace.ts";
import { World } from "./world.ts";

/**
 * An in-memory Molecule platform on 127.0.0.1, as strict as the real one of August 2026.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Sandbox } from "@molecule/connect/testing";
 *
 * await using sandbox = await Sandbox.start();
 * const { id, token } = sandbox.createWorkspace();
 * await sandbox.sendAsHuman(id, "Hello");
 * const answer = await fetch(`${sandbox.url}/workspaces/${id}/activity`, {
 *   headers: { authorization: `Bearer ${token}` },
 * });
 * const [row] = await answer.json();
 * assertEquals(row.method, "message/send");
 * ```
 */
export class Sandbox implements AsyncDisposable {
  /** Its clock; a test may set it wrong at any time. */
  readonly clock: Clock;
  readonly #world: World;
  readonly #recorder: Recorder;
  readonly #faults = new FaultBook();
  readonly #pipeline: Pipeline;
  readonly #listener: Listener;

  private constructor(options: SandboxOptions) {
    this.clock = new Clock(
      options.now ?? (() => Date.now()),
      options.clockOffsetMs ?? 0,
      options.dateOffsetMs ?? 0,
    );
    this.#listener = new Listener(
      options.port ?? 0,
      (request) => answer(this.#pipeline, request),
    );
    this.#world = new World(
      this.clock,
      options.adminToken ?? randomToken(),
      this.#listener,
    );
    this.#recorder = new Recorder(options.keepRequests ?? 10_000);
    this.#pipeline = {
      world: this.#world,
      recorder: this.#recorder,
      faults: this.#faults,
      limiter: new RateLimiter(options.rateLimit),
      tenant: options.tenant,
    };
  }

  /** Starts one. */
  static async start(options: SandboxOptions = {}): Promise<Sandbox> {
    const sandbox = new Sandbox(options);
    await sandbox.comeBack();
    return sandbox;
  }

  /** Base URL, without a trailing slash. */
  get url(): string {
    return this.#listener.url;
  }

  /** The operator's bearer. */
  get adminToken(): string {
    return this.#world.adminToken;
  }

  /** The requests that came, oldest first. */
  get requests(): readonly RecordedRequest[] {
    return this.#recorder.requests;
  }

  /** The requests that came to one endpoint, oldest first. */
  requestsTo(endpoint: Endpoint): readonly RecordedRequest[] {
    return this.requests.filter((request) => request.endpoint === endpoint);
  }

  /** Drops every connection and stops to listen; the state stays. */
  async goDown(): Promise<void> {
    await this.#listener.goDown();
    this.#world.events.end();
  }

  /** Listens again, on the same port. */
  async comeBack(): Promise<void> {
    await this.#listener.up();
  }

  /** Ends it, open streams and hung requests too. Throws what went wrong inside the sandbox itself. */
  async close(): Promise<void> {
    await this.#listener.close();
    this.#world.events.end();
  }

  /** The same. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Makes a workspace with a token of its own; without wishes one that polls. */
  createWorkspace(wish: WorkspaceWish = {}): NewCredentials {
    const workspace = this.#world.create({
      ...wish,
      name: wish.name ?? "Builder",
      deliveryMode: wish.deliveryMode ??
        (wish.url === undefined ? "poll" : "push"),
    });
    return { id: workspace.id, token: this.mintToken(workspace.id) };
  }

  /** Removes a workspace, as its operator would. */
  removeWorkspace(workspaceId: string): void {
    this.#world.remove(this.#workspace(workspaceId));
    this.#world.changes.notify();
  }

  /** Makes a further token. */
  mintToken(workspaceId: string): string {
    const { id } = this.#workspace(workspaceId);
    return this.#world.tokens.mint(id, "instance", this.clock.nowMs());
  }

  /** Revokes every token of a workspace and makes a new one. */
  rotateToken(workspaceId: string): string {
    return rotate(this.#world, this.#workspace(workspaceId));
  }

  /** Revokes every token of a workspace; its next register mints one. */
  revokeTokens(workspaceId: string): void {
    this.#world.tokens.revoke(this.#workspace(workspaceId).id);
  }

  /** Forbids, or allows again, that a workspace talks to its person. */
  mute(workspaceId: string, muted = true): void {
    this.#workspace(workspaceId).abilities.talk_to_user_enabled = !muted;
  }

  /** What the platform thinks of a workspace: `online`, `degraded` and so on. */
  status(workspaceId: string): string {
    return this.#workspace(workspaceId).status;
  }

  /** The highest `seq` that a workspace called handled. */
  ackedSeq(workspaceId: string): number {
    return this.#workspace(workspaceId).ackedSeq;
  }

  /** Sends a message as the person in the web chat; gives the row's id. */
  async sendAsHuman(
    workspaceId: string,
    content: MessageContent,
    options: MessageOptions = {},
  ): Promise<string> {
    return await this.#send(
      workspaceId,
      null,
      envelopeOf(content, options),
      options,
    );
  }

  /** Sends a message as another workspace, whatever the hierarchy says; gives the row's id. */
  async sendAsPeer(
    fromId: string,
    toId: string,
    content: MessageContent,
    options: MessageOptions = {},
  ): Promise<string> {
    const from = this.#workspace(fromId);
    return await this.#send(
      toId,
      from.id,
      envelopeOf(content, options),
      options,
    );
  }

  /** Sends a message as somebody in an outside chat channel; gives the row's id. */
  async sendAsChannel(
    workspaceId: string,
    content: MessageContent,
    options: ChannelOptions = {},
  ): Promise<string> {
    const { source = "telegram", channelId } = options;
    const envelope = envelopeOf(content, options);
    envelope.params = {
      ...asObject(envelope.params),
      metadata: {
        source,
        ...(channelId === undefined ? {} : { channel_id: channelId }),
      },
    };
    return await this.#send(workspaceId, null, envelope, options, "inbound");
  }

  /** Presses the Stop button of the web chat; gives the row's id. */
  async stop(workspaceId: string): Promise<string> {
    return await this.#send(workspaceId, null, {
      jsonrpc: "2.0",
      id: crypto.randomUUID(),
      method: "tasks/cancel",
      params: {},
    });
  }

  /** Uploads files as the person; gives their URIs. */
  uploadAsHuman(workspaceId: string, files: readonly NewFile[]): string[] {
    return stageFiles(this.#world, this.#workspace(workspaceId), files)
      .map(uriOf);
  }

  /** Puts any row into a feed; gives its id. With an earlier `created_at` it is a row that is shown late. */
  insertRow(workspaceId: string, fields: RowFields): string {
    const { row } = this.#workspace(workspaceId).feed.insert(fields);
    this.#world.changes.notify();
    return row.id;
  }

  /** From now on new rows of a workspace keep their place in the feed but are not shown. */
  holdRows(workspaceId: string): HeldRows {
    const release = this.#workspace(workspaceId).feed.hold();
    return { release, [Symbol.dispose]: release };
  }

  /** Deletes rows, all or those up to and including `lastId`, so that cursors on them are lost. */
  prune(workspaceId: string, lastId?: string): void {
    const { feed } = this.#workspace(workspaceId);
    const last = feed.all().findIndex((row) => row.id === lastId);
    const gone = new Set(
      feed.all().slice(0, lastId === undefined ? undefined : last + 1)
        .map((row) => row.id),
    );
    feed.prune((row) => gone.has(row.id));
  }

  /** The platform's time `agoMs` ago, RFC 3339. */
  time(agoMs = 0): string {
    return rfc3339(Math.floor((this.clock.nowMs() - agoMs) * 1000));
  }

  /** A workspace's rows, oldest first, without those held back. */
  rows(workspaceId: string): readonly ActivityRow[] {
    return this.#workspace(workspaceId).feed.all();
  }

  /** What the person saw of a workspace, in order. */
  notifies(workspaceId: string): readonly string[] {
    return this.#world.notifies.of(workspaceId);
  }

  /** The chat of a workspace as a person sees it after a reload, oldest first. */
  bubbles(workspaceId: string): Bubble[] {
    return this.rows(workspaceId).flatMap((row) => bubbleOf(row) ?? []);
  }

  /** The card that a workspace shows now; null before its first register. */
  card(workspaceId: string): unknown {
    return this.#workspace(workspaceId).agentCard;
  }

  /** What a workspace sent to outside chat channels, in order. */
  channelMessages(workspaceId: string): readonly ChannelMessage[] {
    return this.#world.channelMessages.of(workspaceId);
  }

  /** The messages that reached a workspace, in order: one each where it polls, one per call where it is pushed to. */
  messagesTo(workspaceId: string): readonly ReceivedMessage[] {
    return this.#world.received.of(workspaceId);
  }

  /** The heartbeats that were accepted, oldest first. */
  heartbeats(workspaceId: string): readonly Record<string, unknown>[] {
    return this.#world.heartbeats.of(workspaceId);
  }

  /** The registrations that were accepted, oldest first. */
  registrations(workspaceId: string): readonly Record<string, unknown>[] {
    return this.#world.registrations.of(workspaceId);
  }

  /** How many event streams of a workspace are open. */
  openStreams(workspaceId: string): number {
    return this.#world.events.listeners(workspaceId);
  }

  /** Ends the event streams of one workspace, or all. */
  endStreams(workspaceId?: string): void {
    this.#world.events.end(workspaceId);
  }

  /** Sends an event to the open streams of a workspace. */
  emit(workspaceId: string, type: string, data: unknown = {}): void {
    this.#world.events.emit(workspaceId, type, data);
  }

  /** Spoils the next request to an endpoint, or so many as `options` says; faults apply in the order of these calls. */
  fault(
    endpoint: Endpoint | "any",
    fault: Fault,
    options: FaultOptions = {},
  ): ScriptedFault {
    const scripted = new ScriptedFault(endpoint, fault, options);
    this.#faults.add(scripted);
    return scripted;
  }

  /** Ends all faults. */
  clearFaults(): void {
    this.#faults.clear();
  }

  /**
   * Resolves with the first value of `predicate` that is neither false, null nor undefined. It is asked now and after
   * every change: a request, an answer, a row.
   */
  async waitFor<T>(
    predicate: () => T | false | null | undefined,
    options: WaitOptions = {},
  ): Promise<T> {
    return await this.#world.changes.waitFor(predicate, options);
  }

  async #send(
    workspaceId: string,
    sourceId: string | null,
    body: Record<string, unknown>,
    options: MessageOptions = {},
    origin: Origin = sourceId === null ? "canvas" : "peer",
  ): Promise<string> {
    const target = this.#workspace(workspaceId);
    const envelope = normalise(body, origin, target.id, options.generation);
    const { response, rowId } = await deliver(
      this.#world,
      target,
      envelope,
      sourceId,
      origin,
      options.createdAt,
    );
    await response.body?.cancel();
    return rowId;
  }

  #workspace(id: string): Workspace {
    const workspace = this.#world.workspace(id);
    if (workspace === undefined) throw new RangeError(`No workspace "${id}"`);
    return workspace;
  }
}
