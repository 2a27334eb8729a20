/**
 * A workspace as the platform keeps it.
 *
 * @module
 */
import type { Feed } from "./feed.ts";
import { randomToken } from "./tokens.ts";

/** How messages reach the workspace. */
export type DeliveryMode = "push" | "poll";

/** The states that the sandbox knows. */
export type WorkspaceStatus =
  | "awaiting_agent"
  | "provisioning"
  | "online"
  | "offline"
  | "degraded"
  | "failed"
  | "paused"
  | "hibernated"
  | "removed";

/** Without a heartbeat for so long an external workspace awaits its agent again. */
const STALE_AFTER_MS = 180_000;

/** How long a refused register keeps a workspace degraded. */
const REGISTER_FAILURE_MS = 300_000;

/** One workspace. */
export class Workspace {
  /** Its id, a UUID in lower case. */
  readonly id: string;
  /** The operator's name for it. */
  readonly name: string;
  /** The operator's words for what it does. */
  readonly role: string | null;
  /** The workspace above it. */
  readonly parentId: string | null;
  /** `external`, or the hosted runtime of a ghost that register made. */
  readonly runtime: string;
  /** Its activity. */
  readonly feed: Feed;
  /** What the platform authenticates itself with when it pushes. */
  readonly inboundSecret: string = randomToken();
  /** How messages reach it. */
  deliveryMode: DeliveryMode;
  /** Where a push workspace listens. */
  url: string;
  /** Its state, as of the last look. */
  status: WorkspaceStatus;
  /** What register gave. */
  agentCard: unknown = null;
  /** When it was removed. */
  removedAtMs: number | undefined;
  /** When it last showed life. */
  lastHeartbeatMs: number | undefined;
  /** When a register was last refused after its bearer had been accepted. */
  registerFailedMs: number | undefined;
  /** What heartbeats said last. */
  load: {
    activeTasks: number;
    errorRate: number;
    sampleError: string;
    uptimeSeconds: number;
    currentTask: string;
    monthlySpend: number;
  } = {
    activeTasks: 0,
    errorRate: 0,
    sampleError: "",
    uptimeSeconds: 0,
    currentTask: "",
    monthlySpend: 0,
  };
  /** Whether the last heartbeat took the status out of the platform's hands. */
  managesStatus = false;
  /** Whether its agent said that it hangs. */
  wedged = false;
  /** The operator's switches. */
  abilities: Record<
    "talk_to_user_enabled" | "can_delegate" | "broadcast_enabled",
    boolean
  > = {
    talk_to_user_enabled: true,
    can_delegate: true,
    broadcast_enabled: false,
  };
  /** What it may spend in a month, in cents. */
  monthlyBudget: number | undefined;
  /** Its delegations that had an idempotency key, by that key. */
  readonly delegations: Map<string, Record<string, string>> = new Map();
  /** The highest row that it called handled. */
  ackedSeq = 0;

  /** Makes a workspace; `feed` must be its own. */
  constructor(init: {
    id: string;
    name: string;
    role: string | null;
    parentId: string | null;
    runtime: string;
    deliveryMode: DeliveryMode;
    url: string;
    status: WorkspaceStatus;
    feed: Feed;
  }) {
    this.id = init.id;
    this.name = init.name;
    this.role = init.role;
    this.parentId = init.parentId;
    this.runtime = init.runtime;
    this.deliveryMode = init.deliveryMode;
    this.url = init.url;
    this.status = init.status;
    this.feed = init.feed;
  }

  /** Whether it was removed. */
  get removed(): boolean {
    return this.removedAtMs !== undefined;
  }

  /** Whether register and heartbeat leave it as it is. */
  get asleep(): boolean {
    return this.status === "paused" || this.status === "hibernated";
  }

  /**
   * What the platform's sweep would have done by now: looked at when somebody asks, so that the sandbox needs no timer.
   * True when the workspace went silent.
   */
  sweep(nowMs: number): boolean {
    const lives = this.status === "online" || this.status === "degraded";
    if (
      !lives || this.runtime !== "external" ||
      nowMs - (this.lastHeartbeatMs ?? nowMs) < STALE_AFTER_MS
    ) return false;
    this.status = "awaiting_agent";
    return true;
  }

  /** Whether a register was refused lately. */
  registerFailedLately(nowMs: number): boolean {
    return this.registerFailedMs !== undefined &&
      nowMs - this.registerFailedMs < REGISTER_FAILURE_MS;
  }
}
