/** What whole-program tests share: a sandbox with a workspace and a peer, and a connection to it with short waits. */
import type {
  Backend,
  ConnectEvent,
  Connection,
  ConnectOptions,
  InboundMessage,
} from "../mod.ts";
import { textReply } from "../mod.ts";
import { connectWith } from "../src/connect.ts";
import type { Sender } from "../src/platform/request.ts";
import {
  type Fault,
  faults,
  Sandbox,
  type SandboxOptions,
} from "../src/testing/mod.ts";
import { TIMING, type Timing } from "../src/timing.ts";

/** Waits that a test can wait for. */
export const QUICK: Timing = {
  ...TIMING,
  nearAgeMs: 300,
  nearEveryMs: 20,
  farAgeMs: 5_000,
  farEveryMs: 100,
  backoffBaseMs: 5,
  backoffCapMs: 50,
  refusedPatienceMs: 100,
  reregisterEveryMs: 50,
  recheckEveryMs: 50,
  lookUpEveryMs: 50,
  echoAfterMs: 50,
  refusedReplyMs: 100,
  filePatienceMs: 100,
  weatherMs: [20, 50],
  retriesEveryMs: 20,
  abandonAfterMs: 100,
  leftOverPoliteMs: 100,
  beatMergeMs: 5,
  beatGapMs: 20,
  progressEveryMs: 20,
  farewellMs: 5_000,
};

/** What the platform says where it could not reach a peer: repeated for as long as it lasts. */
export const unreachable: Fault = faults.status(502, {
  body: { error: "failed to reach workspace agent" },
});

/** Longest wait of a test for something that has to come; a wrong condition then says what there was instead. */
const PATIENCE_MS = 60_000;

/** A back end that keeps what it was asked. */
export interface Recorder extends Backend {
  /** The texts, in the order in which their turns began. */
  readonly asked: string[];
}

/** A back end that answers `re: <text>` and keeps what it was asked; `before` runs first. */
export function recorder(
  before: (message: InboundMessage, signal: AbortSignal) => unknown = () => {},
): Recorder {
  const asked: string[] = [];
  return {
    name: "recorder",
    asked,
    async handle(message, context) {
      asked.push(message.text);
      await before(message, context.signal);
      return textReply(`re: ${message.text}`);
    },
  };
}

/** A sandbox with an agent and a peer, and connections to it. */
export class Bench implements AsyncDisposable {
  /** Everything that the connections told. */
  readonly events: ConnectEvent[] = [];
  #connections: Connection[] = [];
  #seen = Promise.withResolvers<void>();

  private constructor(
    /** The platform. */
    readonly sandbox: Sandbox,
    /** The workspace above both. */
    readonly rootId: string,
    /** The workspace that is connected. */
    readonly agent: { readonly id: string; readonly token: string },
    /** Another one. */
    readonly peer: { readonly id: string; readonly token: string },
    /** Where the state is kept. */
    readonly stateDir: string,
  ) {}

  /** Starts a sandbox. */
  static async start(options: SandboxOptions = {}): Promise<Bench> {
    const sandbox = await Sandbox.start(options);
    const root = sandbox.createWorkspace({ name: "root" });
    return new Bench(
      sandbox,
      root.id,
      sandbox.createWorkspace({ name: "agent", parentId: root.id }),
      sandbox.createWorkspace({ name: "peer", parentId: root.id }),
      await Deno.makeTempDir(),
    );
  }

  /** Connects the agent. */
  async connect(
    backend: Backend,
    options: Partial<ConnectOptions> = {},
    timing: Partial<Timing> = {},
    sender?: Sender,
  ): Promise<Connection> {
    const connection = await connectWith(
      {
        apiUrl: this.sandbox.url,
        workspaceId: this.agent.id,
        token: this.agent.token,
        backend,
        stateDir: this.stateDir,
        pollIntervalMs: 10,
        heartbeatIntervalMs: 50,
        onEvent: (event) => {
          this.events.push(event);
          this.#seen.resolve();
          this.#seen = Promise.withResolvers();
        },
        ...options,
      },
      { ...QUICK, ...timing },
      sender,
    );
    this.#connections.push(connection);
    return connection;
  }

  /** Resolves when the connections told enough for `is` to be true; rejects where one ended with an error before. */
  async until(
    is: () => boolean | Promise<boolean>,
    patienceMs = PATIENCE_MS,
  ): Promise<void> {
    const patience = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const types = this.events.slice(-60).map((event) => event.type)
        .join(" ");
      patience.reject(new Error(`waited for ${is} in vain; events: ${types}`));
    }, patienceMs);
    try {
      for (;;) {
        const { promise } = this.#seen; // before the look: what comes meanwhile counts
        if (await is()) return;
        await Promise.race([promise, patience.promise]);
        const end = this.events.at(-1);
        if (end?.type === "closed" && end.reason !== undefined && !await is()) {
          throw new Error(`the connection ended: ${end.reason}`);
        }
      }
    } finally {
      clearTimeout(timer);
      patience.promise.catch(() => {}); // nobody waits for it any more
    }
  }

  /** How many events of a type there were. */
  count(type: ConnectEvent["type"]): number {
    return this.events.filter((event) => event.type === type).length;
  }

  /** The peer sends a text; gives the row's id. */
  ping(text: string, options: Parameters<Sandbox["sendAsPeer"]>[3] = {}) {
    return this.sandbox.sendAsPeer(this.peer.id, this.agent.id, text, options);
  }

  /** The texts that the peer got, in order. */
  get toPeer(): string[] {
    return this.sandbox.messagesTo(this.peer.id).map((message) => message.text);
  }

  /** Closes what is open, and removes the state. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections) await connection.close();
    await this.sandbox.close();
    await Deno.remove(this.stateDir, { recursive: true });
  }
}
