/**
 * An agent that runs and has agreed on the protocol: it is asked, and what it says of a session goes to whoever listens
 * to that session.
 *
 * @module
 */
import { asText } from "../../as_text.ts";
import { BackendError, reason } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import { within } from "../../os/within.ts";
import { VERSION } from "../../version.ts";
import { plainText } from "../plain_text.ts";
import { MAX_LINE_BYTES } from "../command/run_command.ts";
import { spawnError } from "../command/spawn_error.ts";
import {
  type AgentCommand,
  AgentProcess,
  type AgentProcessOptions,
} from "./agent_process.ts";
import {
  type JsonObject,
  jsonObject,
  RpcConnection,
  RpcError,
} from "./connection.ts";
import { writeOwnFile, type WrittenFile } from "./own_file.ts";
import { CANCELLED, type Decision } from "./permission.ts";

/** The version of the protocol that is spoken here. */
const PROTOCOL_VERSION = 1;
/** JSON-RPC's number for an agent that nobody is logged in at. */
const AUTH_REQUIRED = -32000;
/** How long what was left of an ended one may take to be put away. */
const GONE_MS = 1_000;
/** Most characters of a line that is no JSON-RPC, in the log. */
const MAX_GARBAGE_CHARS = 200;
/** Longest id of a session that is believed, in characters. */
const MAX_SESSION_ID_CHARS = 1_000;

/** Takes what an agent says of one session. */
export interface SessionListener {
  /** Takes an update. */
  update(update: JsonObject): void;
  /** Decides whether a tool may be used. */
  permission(request: JsonObject): Decision;
}

/** What is needed to start one. */
export interface AgentOptions {
  /** How it is started. */
  readonly command: AgentCommand;
  /** What to do where nobody is logged in. */
  readonly loginHint: string;
  /** What it is told of each session beyond the protocol. */
  readonly sessionMeta: unknown;
  /** Log lines. */
  readonly log: Logger;
  /** Told its pid; what it gives is disposed at the process's end. */
  readonly onStarted?: AgentProcessOptions["onStarted"];
}

/** A running agent. */
export class Agent {
  /** Resolves when it is gone; it never rejects. */
  readonly ended: Promise<void>;

  readonly #options: AgentOptions;
  readonly #process: AgentProcess;
  readonly #connection: RpcConnection;
  #listeners = new Map<string, SessionListener>();
  #capabilities: JsonObject = {};
  #reason: BackendError | undefined;

  private constructor(options: AgentOptions, file: WrittenFile) {
    this.#options = options;
    const { log, onStarted } = options;
    const command = {
      ...options.command,
      args: [...options.command.args, ...file.args],
    };
    this.#connection = new RpcConnection({
      write: (line) => this.#process.write(line),
      onRequest: (method, params) => this.#asked(method, params),
      onNotification: (method, params) => this.#told(method, params),
      onGarbage: (line) =>
        log.debug("the agent wrote a line that is no JSON-RPC", {
          line: plainText(line.slice(0, MAX_GARBAGE_CHARS)),
        }),
    });
    this.#process = AgentProcess.start(command, {
      onLine: (line) => this.#connection.receive(line),
      onStarted,
    });
    this.ended = this.#process.ended.then(async (how) => {
      this.#connection.end(this.#whyEnded(how));
      await file.remove().catch((error) =>
        log.warn("cannot remove the file that the agent was started with", {
          error: reason(error),
        })
      );
    });
  }

  /**
   * Starts one, and agrees with it on the protocol. `signal` ends the wait and the agent.
   *
   * @throws {BackendError} if it cannot be started, ends at once, or speaks another version.
   * @throws the signal's reason.
   */
  static async start(
    options: AgentOptions,
    signal: AbortSignal,
  ): Promise<Agent> {
    signal.throwIfAborted();
    const file = await writeOwnFile(options.command.file);
    let agent;
    try {
      agent = new Agent(options, file);
    } catch (error) {
      await file.remove();
      throw spawnError(error, options.command.command);
    }
    const onAbort = () => agent.#connection.end(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      await agent.#initialize();
      return agent;
    } catch (error) {
      await agent.end();
      throw error;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  async #initialize(): Promise<void> {
    const result = jsonObject(
      await this.request("initialize", {
        protocolVersion: PROTOCOL_VERSION,
        clientCapabilities: {
          fs: { readTextFile: false, writeTextFile: false },
          terminal: false,
        },
        clientInfo: { name: "molecule-connect", version: VERSION },
      }),
    );
    const { protocolVersion, agentCapabilities } = result;
    if (protocolVersion !== PROTOCOL_VERSION) {
      throw new BackendError(
        "final",
        `The agent speaks version ${
          JSON.stringify(protocolVersion)
        } of the Agent Client Protocol, not ${PROTOCOL_VERSION}`,
        {
          failure: "not_ready",
          hint: "use a release of the agent that speaks version 1",
        },
      );
    }
    this.#capabilities = jsonObject(agentCapabilities);
  }

  /** What to do where nobody is logged in at it. */
  get loginHint(): string {
    return this.#options.loginHint;
  }

  /** Whether it says that it can do something: a name of `agentCapabilities`, or of its `sessionCapabilities`. */
  can(what: "loadSession" | "resume" | "close"): boolean {
    if (what === "loadSession") return this.#capabilities.loadSession === true;
    const { [what]: it } = jsonObject(this.#capabilities.sessionCapabilities);
    return it !== undefined && it !== null && it !== false;
  }

  /** Whether it takes blocks of a kind in a prompt, as its `promptCapabilities` say. */
  takes(what: "image" | "embeddedContext"): boolean {
    return jsonObject(this.#capabilities.promptCapabilities)[what] === true;
  }

  /**
   * Asks it.
   *
   * @throws {RpcError} if it refuses.
   * @throws {BackendError} if it wants a login, or ends before its answer.
   */
  async request(method: string, params: JsonObject): Promise<unknown> {
    try {
      return await this.#connection.request(method, params);
    } catch (error) {
      if (!(error instanceof RpcError) || error.code !== AUTH_REQUIRED) {
        throw error;
      }
      throw new BackendError(
        "final",
        `The agent wants a login: ${plainText(error.message)}`,
        {
          failure: "not_ready",
          hint: this.loginHint,
          cause: error,
        },
      );
    }
  }

  /** Begins a session in an absolute directory, and gives its id. */
  async newSession(cwd: string): Promise<string> {
    const params = { cwd, mcpServers: [], _meta: this.#options.sessionMeta };
    const { sessionId } = jsonObject(
      await this.request("session/new", params),
    );
    if (
      typeof sessionId !== "string" || sessionId === "" ||
      sessionId.length > MAX_SESSION_ID_CHARS
    ) {
      throw new BackendError(
        "retry",
        "The agent began a session without an id",
      );
    }
    return sessionId;
  }

  /**
   * Takes up a session that began before this agent did.
   *
   * @throws {RpcError} if it does not know the session.
   */
  async takeUpSession(
    method: "session/resume" | "session/load",
    sessionId: string,
    cwd: string,
  ): Promise<void> {
    const params = {
      sessionId,
      cwd,
      mcpServers: [],
      _meta: this.#options.sessionMeta,
    };
    await this.request(method, params);
  }

  /** Tells it to stop what it does in a session. */
  cancel(sessionId: string): void {
    this.#connection.notify("session/cancel", { sessionId });
  }

  /** Whether somebody listens to a session. */
  isBusy(sessionId: string): boolean {
    return this.#listeners.has(sessionId);
  }

  /** Hands what it says of a session to `listener` until that is disposed. What it says of others is dropped. */
  listen(sessionId: string, listener: SessionListener): Disposable {
    this.#listeners.set(sessionId, listener);
    return {
      [Symbol.dispose]: () => void this.#listeners.delete(sessionId),
    };
  }

  /** Ends it. Whoever waits for an answer of it gets `why`, where there is one. */
  async end(why?: BackendError): Promise<void> {
    this.#reason ??= why;
    await this.#process.end({ politely: why === undefined });
    // One that is stuck in the kernel must not take the caller with it.
    await within(this.ended, GONE_MS);
  }

  #asked(method: string, params: JsonObject): JsonObject | undefined {
    if (method !== "session/request_permission") return undefined;
    const { outcome } =
      this.#listeners.get(asText(params.sessionId))?.permission(params) ??
        CANCELLED;
    return { outcome };
  }

  #told(method: string, { sessionId, update }: JsonObject): void {
    if (method !== "session/update") return;
    this.#listeners.get(asText(sessionId))?.update(jsonObject(update));
  }

  #whyEnded(how: string): BackendError {
    if (this.#process.overflowed) {
      return new BackendError(
        "retry",
        `The agent was ended: a line of its output is larger than ${
          MAX_LINE_BYTES / 1024 / 1024
        } MiB`,
        { failure: "too_large" },
      );
    }
    return this.#reason ?? new BackendError("retry", `The agent ${how}`);
  }
}
