/**
 * What `connect()` takes, its defaults, and what it refuses.
 *
 * @module
 */
import {
  checkOrigins,
  checkPeers,
  MAX_EXCHANGES,
  MAX_PEER_RATE,
} from "./asker_options.ts";
import { type AgentCardFields, checkAgentCard } from "./agent_card.ts";
import type { Backend, Origin } from "./backends/backend.ts";
import type { ConnectEvent } from "./connection.ts";
import { MAX_TIMER_MS } from "./duration.ts";
import { ROTATE_CREDENTIALS, UsageError } from "./errors.ts";
import { FileHosts } from "./files/file_hosts.ts";
import type { Logger } from "./log.ts";
import { canonicalId } from "./uuid.ts";

/** Whether requests carry an `Origin` header: never, always, or where the platform shows that it wants one. */
export type OriginMode = "auto" | "on" | "off";

/** Whether conversations go on in the sessions that they were in, or all begin a new one at this start. */
export type SessionMode = "keep" | "new";

/** What `connect()` takes. */
export interface ConnectOptions {
  /** The platform's base URL, such as `https://molecule.example`. */
  readonly apiUrl: string;
  /** The workspace to serve. */
  readonly workspaceId: string;
  /** The workspace's token; empty only for a workspace that has none yet, whose first register mints it. */
  readonly token: string;
  /** What answers the messages. */
  readonly backend: Backend;
  /** Name in the agent card. @default that of `agentCard`, or `molecule-connect` */
  readonly agentName?: string | undefined;
  /** Description in the agent card. @default that of `agentCard`, or the agent's name */
  readonly agentDescription?: string | undefined;
  /** More of the agent card, such as `skills` and `model`. The two above go before its members. @default none */
  readonly agentCard?: AgentCardFields | undefined;
  /** Milliseconds between two reads of the feed. @default {1000} */
  readonly pollIntervalMs?: number | undefined;
  /** Milliseconds between two heartbeats. @default {30000} */
  readonly heartbeatIntervalMs?: number | undefined;
  /**
   * Whether the platform is told of each message of a person that it was picked up: with that its chat closes the box of
   * somebody who waits when everything is answered, whatever number of questions is open. @default {true}
   */
  readonly receipts?: boolean | undefined;
  /** How many seconds back the very first read looks; 0 means from now on. @default {30} */
  readonly sinceSecs?: number | undefined;
  /** Where the state is kept. @default defaultStateDir() */
  readonly stateDir?: string | undefined;
  /** How many conversations are handled at once. @default {1} */
  readonly concurrency?: number | undefined;
  /** Longest time of one turn, in milliseconds. Back ends of this package have their own `timeout`. @default none */
  readonly backendTimeoutMs?: number | undefined;
  /** How often a message is tried before it goes to the dead letters. @default {3} */
  readonly maxAttempts?: number | undefined;
  /** Whether conversations go on in the sessions that they were in. @default {"keep"} */
  readonly session?: SessionMode | undefined;
  /**
   * A message of exactly this text, but for white space around it, begins a new session of its conversation; no back end
   * is asked. @default none
   */
  readonly resetCommand?: string | undefined;
  /**
   * The workspaces whose messages are answered. What others send is skipped. Servers before August 2026 let a caller name
   * any workspace that has no live token, so there an id is no proof. @default all that the platform lets through
   */
  readonly allowPeers?: readonly string[] | undefined;
  /** Where answered messages may come from; others are skipped. @default everywhere */
  readonly allowOrigins?: readonly Origin[] | undefined;
  /** Messages a minute that each peer may have answered; more of them wait. 0: any number. @default {0} */
  readonly peerRate?: number | undefined;
  /**
   * How often, within an hour, a peer may answer an answer of ours in one conversation; what goes beyond is skipped until
   * the hour is over. 0: any number. @default {120}
   */
  readonly maxExchanges?: number | undefined;
  /**
   * Hosts from which files may be fetched that a message only points to, such as `files.example.com` or, with another
   * port than the usual one, `127.0.0.1:8080`. A name that leads to a private address needs that address in the list,
   * too. @default none
   */
  readonly allowFileHosts?: readonly string[] | undefined;
  /** How long a stop waits for running turns, in milliseconds. @default {30000} */
  readonly graceMs?: number | undefined;
  /** Longest time of one request, in milliseconds. @default {30000} */
  readonly requestTimeoutMs?: number | undefined;
  /** Sent as `X-Molecule-Org-Id` with every request. */
  readonly orgId?: string | undefined;
  /** Whether requests carry an `Origin` header. @default {"auto"} */
  readonly origin?: OriginMode | undefined;
  /** Handles what is there, then closes by itself. @default {false} */
  readonly once?: boolean | undefined;
  /** Aborting it is `close()`. */
  readonly signal?: AbortSignal | undefined;
  /** Told what happens, as it happens. What it throws is logged and goes no further. */
  readonly onEvent?: ((event: ConnectEvent) => void) | undefined;
  /** Silent when absent. */
  readonly log?: Logger | undefined;
}

/** What holds where an option is absent. */
export const DEFAULTS = Object.freeze({
  agentName: "molecule-connect",
  pollIntervalMs: 1_000,
  heartbeatIntervalMs: 30_000,
  receipts: true as boolean,
  sinceSecs: 30,
  concurrency: 1,
  maxAttempts: 3,
  graceMs: 30_000,
  requestTimeoutMs: 30_000,
  origin: "auto" as OriginMode,
  session: "keep" as SessionMode,
  peerRate: 0,
  maxExchanges: 120,
  allowFileHosts: [] as readonly string[],
});

/** The platform's own limit of a window: 30 days. */
export const MAX_SINCE_SECS = 30 * 24 * 3_600;

/** A workspace id that is safe in a path of a URL. Other forms than UUIDs are the platform's business. */
const WORKSPACE_ID = /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,199}$/;

/** @throws {UsageError} if `id` is no workspace id. */
export function checkWorkspaceId(id: unknown): asserts id is string {
  if (typeof id !== "string" || id === "") {
    throw new UsageError(
      "workspaceId is missing",
      "give the id that the platform shows for the workspace",
    );
  }
  if (!WORKSPACE_ID.test(id) || id.includes("..")) {
    throw new UsageError(
      `workspaceId ${JSON.stringify(id)} is no workspace id`,
      "give the id that the platform shows for the workspace: letters, digits and dashes",
    );
  }
}

/** @throws {UsageError} if `url` is no base URL of a platform. Returns it without trailing slashes. */
export function checkApiUrl(url: unknown): string {
  const hint = "give the platform's address, such as https://molecule.example";
  if (typeof url !== "string" || url === "") {
    throw new UsageError("apiUrl is missing", hint);
  }
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  // First: the other messages show the URL.
  if (parsed !== undefined && `${parsed.username}${parsed.password}` !== "") {
    throw new UsageError(
      "apiUrl holds a user name or a password",
      "give the token as token, and the URL without it",
    );
  }
  if (
    parsed === undefined ||
    (parsed.protocol !== "http:" && parsed.protocol !== "https:")
  ) {
    throw new UsageError(
      `apiUrl ${JSON.stringify(url)} is no http(s) URL`,
      hint,
    );
  }
  if (parsed.search !== "" || parsed.hash !== "") {
    throw new UsageError(
      `apiUrl ${JSON.stringify(url)} has a query or a fragment`,
      hint,
    );
  }
  return `${parsed.origin}${parsed.pathname.replace(/\/+$/, "")}`;
}

/** What stands in place of a token in examples, scripts and forms. */
const PLACEHOLDERS = [
  /</,
  /ROTATE_TO_REVEAL/,
  /\S \S/,
  /^your[-_](?:[a-z]+[-_])?token$/i,
  /^(?:null|undefined|the-token-that-was-shown-once)$/,
  // The name of a variable that nobody filled in.
  /^(?:\$\{\w+\}|\$[A-Z_]+|%[A-Z_]+%)$/,
];

/** @throws {UsageError} if `token` is a placeholder or no header value. */
export function checkToken(token: unknown): asserts token is string {
  if (typeof token !== "string") {
    throw new UsageError("token is missing", ROTATE_CREDENTIALS);
  }
  if (token !== "" && /^["'\s]*$/.test(token)) {
    throw new UsageError("token is empty", ROTATE_CREDENTIALS);
  }
  if (/^(["']).*\1$/.test(token) && !token.includes("<")) {
    throw new UsageError("token stands in quotes", "leave out the quotes");
  }
  if (/^(?:Authorization: *)?Bearer /i.test(token) && !token.includes("<")) {
    throw new UsageError(
      'token begins with "Bearer"',
      'leave out "Bearer", and give the token alone',
    );
  }
  if (PLACEHOLDERS.some((shape) => shape.test(token))) {
    throw new UsageError(
      "token is a placeholder, not a token",
      ROTATE_CREDENTIALS,
    );
  }
  if (!/^[\x21-\x7e]*$/.test(token)) {
    throw new UsageError(
      "token has characters that no token has",
      "copy it again, without blanks or line breaks",
    );
  }
}

function checkOrgId(orgId: unknown): void {
  if (typeof orgId !== "string" || !/^[\x21-\x7e]*$/.test(orgId)) {
    throw new UsageError(
      `orgId ${Deno.inspect(orgId)} is no organisation's id`,
      "give the id as the platform shows it",
    );
  }
}

function checkOrigin(origin: unknown): void {
  if (origin !== "auto" && origin !== "on" && origin !== "off") {
    throw new UsageError(
      `origin ${Deno.inspect(origin)} is not usable`,
      "give auto, on or off",
    );
  }
}

/** @throws {UsageError} naming `label` if one of `hosts` is no host. */
export function checkFileHosts(hosts: unknown, label = "allowFileHosts"): void {
  if (!Array.isArray(hosts)) {
    throw new UsageError(
      `${label} ${Deno.inspect(hosts)} is not usable`,
      "give a list of hosts",
    );
  }
  new FileHosts(hosts, label);
}

/** No command is longer. */
const MAX_COMMAND_CHARS = 100;

/** @throws {UsageError} if `session` or `resetCommand` is not usable. */
export function checkSession(session: unknown, resetCommand: unknown): void {
  if (session !== "keep" && session !== "new") {
    throw new UsageError(
      `session ${Deno.inspect(session)} is not usable`,
      "give keep or new",
    );
  }
  if (resetCommand === undefined) return;
  const usable = typeof resetCommand === "string" &&
    resetCommand.trim() !== "" && resetCommand.length <= MAX_COMMAND_CHARS;
  if (!usable) {
    throw new UsageError(
      `resetCommand ${Deno.inspect(resetCommand)} is not usable`,
      `give a word such as /new, of at most ${MAX_COMMAND_CHARS} characters`,
    );
  }
}

function checkReceipts(receipts: unknown): void {
  if (typeof receipts !== "boolean") {
    throw new UsageError(
      `receipts ${Deno.inspect(receipts)} is not usable`,
      "give true or false",
    );
  }
}

function checkNumber(
  name: string,
  value: unknown,
  least: number,
  most: number,
): void {
  if (
    typeof value !== "number" || !Number.isInteger(value) || value < least ||
    value > most
  ) {
    throw new UsageError(
      `${name} ${Deno.inspect(value)} is not usable`,
      `give a whole number from ${least} to ${most}`,
    );
  }
}

/** Options with every default filled in. */
export type ResolvedOptions =
  & Required<
    Pick<
      ConnectOptions,
      | keyof typeof DEFAULTS
      | "apiUrl"
      | "workspaceId"
      | "token"
      | "backend"
      | "once"
    >
  >
  & Pick<
    ConnectOptions,
    | "agentDescription"
    | "agentCard"
    | "stateDir"
    | "backendTimeoutMs"
    | "resetCommand"
    | "allowPeers"
    | "allowOrigins"
    | "orgId"
    | "signal"
    | "onEvent"
    | "log"
  >;

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/**
 * Checks `options` without any I/O, and fills in the defaults.
 *
 * @throws {UsageError} naming the option that is missing or not usable.
 */
export function resolveOptions(
  options: ConnectOptions,
): Defined<ResolvedOptions> {
  checkWorkspaceId(options.workspaceId);
  const backend: unknown = options.backend;
  if (backend === undefined || backend === null) {
    throw new UsageError(
      "backend is missing",
      "give one of createBackend(), or an object with name and handle",
    );
  }
  if (
    typeof options.backend.handle !== "function" ||
    typeof options.backend.name !== "string"
  ) {
    throw new UsageError(
      "backend is no back end",
      "give an object with name and handle",
    );
  }
  const apiUrl = checkApiUrl(options.apiUrl);
  checkToken(options.token);
  const card = options.agentCard === undefined
    ? undefined
    : checkAgentCard(options.agentCard, "agentCard", options.token);
  const given = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  );
  const resolved = {
    ...DEFAULTS,
    once: false,
    ...(card?.name === undefined ? {} : { agentName: card.name }),
    ...given,
    ...(card === undefined ? {} : { agentCard: card }),
    apiUrl,
    workspaceId: canonicalId(options.workspaceId),
  } as Defined<ResolvedOptions>;
  checkNumber("pollIntervalMs", resolved.pollIntervalMs, 1, MAX_TIMER_MS);
  checkNumber(
    "heartbeatIntervalMs",
    resolved.heartbeatIntervalMs,
    1,
    MAX_TIMER_MS,
  );
  checkNumber("sinceSecs", resolved.sinceSecs, 0, MAX_SINCE_SECS);
  checkNumber("concurrency", resolved.concurrency, 1, 1_000);
  checkNumber("maxAttempts", resolved.maxAttempts, 1, 1_000);
  checkNumber("graceMs", resolved.graceMs, 0, MAX_TIMER_MS);
  checkNumber("requestTimeoutMs", resolved.requestTimeoutMs, 1, MAX_TIMER_MS);
  if (resolved.backendTimeoutMs !== undefined) {
    checkNumber("backendTimeoutMs", resolved.backendTimeoutMs, 1, MAX_TIMER_MS);
  }
  if (resolved.orgId !== undefined) checkOrgId(resolved.orgId);
  checkOrigin(resolved.origin);
  checkReceipts(resolved.receipts);
  checkFileHosts(resolved.allowFileHosts);
  checkSession(resolved.session, resolved.resetCommand);
  checkNumber("peerRate", resolved.peerRate, 0, MAX_PEER_RATE);
  checkNumber("maxExchanges", resolved.maxExchanges, 0, MAX_EXCHANGES);
  if (resolved.allowPeers !== undefined) checkPeers(resolved.allowPeers);
  if (resolved.allowOrigins !== undefined) checkOrigins(resolved.allowOrigins);
  return resolved;
}
