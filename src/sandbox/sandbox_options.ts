/**
 * What is said to the sandbox when it is started and when workspaces are made.
 *
 * @module
 */
import type { Tenant } from "./front.ts";
import type { RateLimit } from "./rate_limit.ts";
import type { DeliveryMode } from "./workspace.ts";

/** How a sandbox is started. */
export interface SandboxOptions {
  /**
   * The port on 127.0.0.1.
   *
   * @default {0} any free one
   */
  readonly port?: number | undefined;
  /** The operator's bearer. Default: a random one. */
  readonly adminToken?: string | undefined;
  /** Refuse more requests than this. Default: none is refused, and the headers say that nothing is used up. */
  readonly rateLimit?: RateLimit | undefined;
  /** Run for one organisation, whose id every call has to name. */
  readonly tenant?: Tenant | undefined;
  /** Milliseconds since 1970. Default: `Date.now`. */
  readonly now?: (() => number) | undefined;
  /** How wrong the platform's clock is, in milliseconds. */
  readonly clockOffsetMs?: number | undefined;
  /** How wrong the `Date` header is on top of that, in milliseconds. */
  readonly dateOffsetMs?: number | undefined;
  /**
   * How many of the newest requests are kept at least for `requests`; 0 for none.
   *
   * @default {10000}
   */
  readonly keepRequests?: number | undefined;
}

/** A workspace to make. */
export interface WorkspaceWish {
  /** The operator's name for it. */
  readonly name?: string | undefined;
  /** What it does. */
  readonly role?: string | undefined;
  /** The workspace above it; default the organisation's own, so that all of these are siblings; null for none. */
  readonly parentId?: string | null | undefined;
  /** How messages reach it; default `push` with a `url`, else `poll`. */
  readonly deliveryMode?: DeliveryMode | undefined;
  /** Where a push workspace listens. */
  readonly url?: string | undefined;
  /** Its id; default a random UUID. */
  readonly id?: string | undefined;
}

/** A workspace that was made. */
export interface NewCredentials {
  /** Its id. */
  readonly id: string;
  /** Its bearer. */
  readonly token: string;
}

/** Rows that are stored but not shown yet. */
export interface HeldRows extends Disposable {
  /** Shows them, and tells the listeners of event streams. */
  release(): void;
}
