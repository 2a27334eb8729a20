/**
 * The sandbox's state: everything that the platform keeps in its database, in memory.
 *
 * @module
 */
import { Changes } from "./changes.ts";
import type { Clock } from "./clock.ts";
import { EventHub } from "./events.ts";
import { Feed } from "./feed.ts";
import type { ChannelMessage, ReceivedMessage } from "./message.ts";
import { TokenStore } from "./tokens.ts";
import type { StagedFile } from "./uploads.ts";
import { type DeliveryMode, Workspace } from "./workspace.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether `text` is a UUID, in either case. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** What is asked for when a workspace is made. */
export interface NewWorkspace {
  /** The operator's name for it. */
  readonly name: string;
  /** What it does. */
  readonly role?: string | null | undefined;
  /** The workspace above it; default the organisation's own workspace, null for none. */
  readonly parentId?: string | null | undefined;
  /** How messages reach it. */
  readonly deliveryMode?: DeliveryMode | undefined;
  /** Where a push workspace listens. */
  readonly url?: string | undefined;
  /** Its id, where somebody else chose it. */
  readonly id?: string | undefined;
  /** `external`, or a hosted runtime. */
  readonly runtime?: string | undefined;
}

/** The platform's state. */
export class World {
  /** Its clock. */
  readonly clock: Clock;
  /** The operator's bearer. */
  readonly adminToken: string;
  /** Live tokens. */
  readonly tokens: TokenStore = new TokenStore();
  /** Open event streams. */
  readonly events: EventHub;
  /** Tells waiters of changes. */
  readonly changes: Changes = new Changes();
  /** Workspaces by id, removed ones included. */
  readonly workspaces: Map<string, Workspace> = new Map();
  /** Files that wait to be fetched, by id. */
  readonly files: Map<string, StagedFile> = new Map();
  /** Accepted heartbeats, per workspace. */
  readonly heartbeats: Log<Record<string, unknown>> = new Log();
  /** Accepted registrations, per workspace. */
  readonly registrations: Log<Record<string, unknown>> = new Log();
  /** What people saw of a workspace. */
  readonly notifies: Log<string> = new Log();
  /** What a workspace sent to outside chat channels. */
  readonly channelMessages: Log<ChannelMessage> = new Log();
  /** Messages that a workspace was sent. */
  readonly received: Log<ReceivedMessage> = new Log();
  /** The server: its base URL, and the signal that aborts when it goes down. */
  readonly server: { readonly url: string; readonly down: AbortSignal };
  /** The organisation's own workspace, above every workspace without another parent. */
  readonly root: Workspace;
  #seq = 0;

  /** An empty platform. */
  constructor(clock: Clock, adminToken: string, server: World["server"]) {
    this.clock = clock;
    this.adminToken = adminToken;
    this.server = server;
    this.events = new EventHub(() => clock.nowMs());
    this.root = this.create({
      name: "Platform",
      parentId: null,
      runtime: "platform",
    });
  }

  /** The workspace of this id, as the sweep would have left it by now. */
  workspace(id: string): Workspace | undefined {
    const workspace = this.workspaces.get(id.toLowerCase());
    if (workspace?.sweep(this.clock.nowMs())) {
      this.events.emit(workspace.id, "WORKSPACE_OFFLINE", {});
    }
    return workspace;
  }

  /** Makes a workspace. */
  create(wish: NewWorkspace): Workspace {
    const id = (wish.id ?? crypto.randomUUID()).toLowerCase();
    const url = wish.url ?? "";
    const workspace = new Workspace({
      id,
      name: wish.name,
      role: wish.role ?? null,
      parentId: wish.parentId === undefined ? this.root.id : wish.parentId,
      runtime: wish.runtime ?? "external",
      deliveryMode: wish.deliveryMode ?? "push",
      url,
      status: url === "" ? "awaiting_agent" : "online",
      feed: new Feed(id, () => ++this.#seq, () => this.clock.rowMicros()),
    });
    this.workspaces.set(id, workspace);
    return workspace;
  }

  /** Removes a workspace and revokes its tokens; open streams go on, as on the platform. */
  remove(workspace: Workspace): void {
    workspace.removedAtMs = this.clock.nowMs();
    workspace.status = "removed";
    this.tokens.revoke(workspace.id);
    this.events.emit(workspace.id, "WORKSPACE_REMOVED", {});
  }

  /** The workspace that a bearer belongs to; undefined where it is good for nothing. */
  ownerOf(token: string): Workspace | undefined {
    const record = this.tokens.get(token);
    const owner = this.workspaces.get(record?.workspaceId ?? "");
    if (record === undefined || owner === undefined || owner.removed) {
      return undefined;
    }
    record.lastUsedAtMs = this.clock.nowMs();
    return owner;
  }

  /** Whether register and heartbeat ask for a bearer. */
  gateClosed(workspaceId: string): boolean {
    return this.tokens.of(workspaceId)
      .some((record) => record.kind === "instance");
  }

  /** Whether one workspace may write to another. */
  mayTalk(from: Workspace, to: Workspace): boolean {
    return from === to ||
      (from.parentId !== null && from.parentId === to.parentId) ||
      this.#above(from).includes(to.id) || this.#above(to).includes(from.id);
  }

  /** The workspaces above one, up to 32 levels. */
  #above(workspace: Workspace): string[] {
    const ids: string[] = [];
    let at = workspace.parentId;
    while (at !== null && ids.length < 32) {
      ids.push(at);
      at = this.workspaces.get(at)?.parentId ?? null;
    }
    return ids;
  }
}

/** Lists by workspace id. */
export class Log<T> {
  readonly #lists = new Map<string, T[]>();

  /** Adds to a workspace's list. */
  add(workspaceId: string, entry: T): void {
    const list = this.#lists.get(workspaceId);
    if (list === undefined) this.#lists.set(workspaceId, [entry]);
    else list.push(entry);
  }

  /** A workspace's list, oldest first. */
  of(workspaceId: string): readonly T[] {
    return this.#lists.get(workspaceId.toLowerCase()) ?? [];
  }
}
