/** The platform's endpoints as the contract tells them: what a request does, and what is answered when nothing is wrong. */
import type { RequestSpec } from "../../src/platform/request.ts";
import type { Ledger } from "./ledger.ts";
import type { Random } from "./random.ts";
import type { Scenario } from "./scenario.ts";
import type { VirtualClock } from "./virtual_clock.ts";
import { VirtualFeed } from "./virtual_feed.ts";
import { WaitWatch } from "./wait_watch.ts";
import type { Message, Noise, Peer } from "./world.ts";

/** Which endpoint a request is for. */
export type Endpoint =
  | "register"
  | "heartbeat"
  | "feed"
  | "log"
  | "notify"
  | "a2a"
  | "look-up";

/** What comes back over the wire. */
export interface WireAnswer {
  readonly status: number;
  /** Any JSON, or the text of a body that is none. */
  readonly body: unknown;
  readonly html?: boolean;
  readonly retryAfterSecs?: number;
  /** The rows that a page of the feed shows. */
  readonly rows?: readonly string[];
}

/** The platform of one simulation. */
export class VirtualPlatform {
  readonly workspaceId: string;
  /** The token that the operator has. */
  readonly token: string;
  readonly feed: VirtualFeed;
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #scenario: Scenario;
  readonly #ledger: Ledger;
  readonly #waits: WaitWatch;
  readonly #peers: ReadonlyMap<string, Peer>;
  readonly #tokens: Set<string>;
  /** What poll-mode peers have, by peer and messageId: the first one wins. */
  #kept = new Set<string>();
  #minted = false;

  /** Its feed is empty. */
  constructor(
    clock: VirtualClock,
    random: Random,
    scenario: Scenario,
    ledger: Ledger,
  ) {
    this.#clock = clock;
    this.#random = random;
    this.#scenario = scenario;
    this.#ledger = ledger;
    this.#waits = new WaitWatch(ledger);
    this.workspaceId = random.uuid();
    this.token = random.uuid();
    this.#tokens = new Set([this.token]);
    this.feed = new VirtualFeed(clock, this.workspaceId);
    this.#peers = new Map(
      scenario.conversations.flatMap(({ peer }) =>
        peer === undefined ? [] : [[peer.id, peer]]
      ),
    );
  }

  /** Which endpoint `spec` is for. */
  endpoint(spec: RequestSpec): Endpoint {
    if (spec.path === "/registry/register") return "register";
    if (spec.path === "/registry/heartbeat") return "heartbeat";
    if (spec.path.endsWith("/activity")) {
      return spec.method === "GET" ? "feed" : "log";
    }
    if (spec.path.endsWith("/notify")) return "notify";
    if (spec.path.endsWith("/a2a")) return "a2a";
    return "look-up";
  }

  /** Whether the request goes to a peer that is handed its messages at once. */
  isPushed(spec: RequestSpec): boolean {
    const id = /^\/workspaces\/([^/]+)\/a2a$/.exec(spec.path)?.[1] ?? "";
    return this.#peers.get(id)?.mode === "push";
  }

  /** Does what the request asks for, and answers. */
  handle(spec: RequestSpec): WireAnswer {
    const endpoint = this.endpoint(spec);
    const bearer = spec.headers.authorization?.replace(/^Bearer /, "") ?? "";
    if (endpoint !== "look-up" && !this.#tokens.has(bearer)) {
      return { status: 401, body: { error: "invalid workspace auth token" } };
    }
    switch (endpoint) {
      case "register":
        return this.#register();
      case "heartbeat":
        return { status: 200, body: { status: "ok", generation: 0 } };
      case "log":
        return { status: 200, body: { status: "logged" } };
      case "feed":
        return this.#activity(new URL(spec.url).searchParams);
      case "notify":
        return this.#notify((spec.body as { message: string }).message);
      case "a2a":
        return this.#a2a(spec);
      case "look-up":
        return this.#lookUp(spec.path.split("/")[2] ?? "");
    }
  }

  #register(): WireAnswer {
    const answer = { status: "registered", delivery_mode: "poll" };
    if (!this.#scenario.mints || this.#minted) {
      return { status: 200, body: answer };
    }
    this.#minted = true;
    const token = this.#random.uuid();
    this.#tokens.add(token);
    return { status: 200, body: { ...answer, auth_token: token } };
  }

  #lookUp(id: string): WireAnswer {
    if (!this.#scenario.lookUps) return { status: 404, body: "" };
    if (id === this.workspaceId) {
      return { status: 200, body: { id, url: "", status: "online" } };
    }
    const peer = this.#peers.get(id);
    if (peer === undefined) {
      return { status: 404, body: { error: "workspace not found" } };
    }
    const url = peer.mode === "push" ? "http://peer.example/a2a" : "";
    return { status: 200, body: { id, url, status: "online" } };
  }

  #activity(parameters: URLSearchParams): WireAnswer {
    const isBlip = this.#clock.now < this.#scenario.calmAt &&
      this.#random.chance(this.#scenario.lostCursorRate);
    const answer = parameters.has("since_id") && isBlip
      ? { is: "lost cursor" } as const
      : this.feed.query(parameters);
    switch (answer.is) {
      case "page":
        return {
          status: 200,
          body: `[${answer.rows.map((row) => row.json).join(",")}]`,
          rows: answer.rows.map((row) => row.id),
        };
      case "lost cursor":
        this.#ledger.count("cursors lost (410)");
        return { status: 410, body: { error: "since_id cursor not found" } };
      case "bad query":
        this.#ledger.violate(`the platform was asked badly: ${answer.why}`);
        return { status: 400, body: { error: answer.why } };
    }
  }

  #notify(text: string): WireAnswer {
    this.feed.add({
      id: this.#random.uuid(),
      sourceId: null,
      method: "notify",
      responseBody: { result: text },
      lateMs: this.#random.chance(0.3) ? this.#random.between(0, 800) : 0,
    });
    const isWord = this.#waits.takesBubble(text) ||
      this.#ledger.stops.takesBubble(text);
    if (!isWord) this.#ledger.bubble(text);
    return { status: 200, body: { status: "sent" } };
  }

  #a2a(spec: RequestSpec): WireAnswer {
    const id = spec.path.split("/")[2] ?? "";
    const peer = this.#peers.get(id);
    const { message } = (spec.body as {
      params: { message: SentMessage };
    }).params;
    if (peer === undefined) {
      this.#ledger.violate(`a message went to ${id}, who is no peer`);
      return { status: 403, body: { error: "access denied: unknown" } };
    }
    const key = `${id} ${message.messageId}`;
    const isNew = peer.mode === "push" || !this.#kept.has(key);
    this.#kept.add(key);
    if (!this.#waits.takesFromPeer(message, isNew)) {
      this.#ledger.sentToPeer(peer, message, isNew);
    }
    return peer.mode === "push"
      ? { status: 200, body: { jsonrpc: "2.0", result: { kind: "message" } } }
      : { status: 200, body: { status: "queued", delivery_mode: "poll" } };
  }

  /** A message is written, and its row is there or will be. */
  send(message: Message): void {
    const { conversation: { peer, contextId }, messageId, lateMs } = message;
    const send = (late: number) => {
      const row = this.feed.add({
        id: this.#random.uuid(),
        sourceId: peer?.id ?? null,
        method: "message/send",
        requestBody: body(messageId, contextId, message.name, {}),
        lateMs: late,
      });
      this.#ledger.sent(message, row);
    };
    send(lateMs);
    if (message.twice) send(0);
  }

  /** Something comes that is no work. */
  addNoise(noise: Noise, conversations: Scenario["conversations"]): void {
    const { kind, lateMs } = noise;
    const peer = conversations.find((one) => one.peer !== undefined)?.peer;
    const id = this.#random.uuid();
    const ids = [this.#random.uuid(), this.#random.uuid()] as const;
    switch (kind) {
      case "notice":
        this.feed.add({
          ...{ id, sourceId: null, method: "notify", lateMs },
          responseBody: { result: "a notice of another tool" },
        });
        break;
      case "peer reply":
        this.feed.add({
          ...{ id, method: "message/send", lateMs },
          sourceId: peer?.id ?? this.workspaceId,
          requestBody: body(...ids, "an answer", { reply: true }),
        });
        break;
      case "other method":
        this.feed.add({ id, sourceId: null, method: "tasks/get", lateMs });
        break;
      case "stop":
        this.#ledger.stops.pressed(
          this.feed.add({ id, sourceId: null, method: "tasks/cancel", lateMs }),
        );
        break;
      case "own echo":
        this.feed.add({
          ...{ id, method: "message/send", lateMs },
          sourceId: this.workspaceId,
          requestBody: body(...ids, "from ourselves", {}),
        });
        break;
    }
  }
}

/** A message as the connector sends it. */
export interface SentMessage {
  readonly messageId: string;
  readonly contextId?: string;
  readonly parts: readonly { readonly kind: string; readonly text: string }[];
  readonly metadata: Readonly<Record<string, unknown>>;
}

function body(
  messageId: string,
  contextId: string,
  text: string,
  metadata: Readonly<Record<string, unknown>>,
) {
  const parts = [{ kind: "text", text }];
  const message = { role: "user", messageId, contextId, parts, metadata };
  return { jsonrpc: "2.0", method: "message/send", params: { message } };
}
