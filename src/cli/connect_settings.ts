/** From the command line and the environment to what `connect()` takes. Nothing is sent or written here. */
import { createBackend } from "../backends/registry.ts";
import type { Backend, BackendOptions } from "../backends/backend.ts";
import { reason, UsageError } from "../errors.ts";
import type { LogLevel } from "../log.ts";
import { checkWorkspaceId, type ConnectOptions, DEFAULTS } from "../options.ts";
import { defaultStateDir } from "../state/paths.ts";
import { readCard } from "./card.ts";
import type { FlagValues } from "./flag.ts";
import { CONNECT_FLAGS, WORKSPACE_ID_ENV } from "./options.ts";
import type { ParsedLine } from "./parse.ts";
import { fromEnv, readFlags } from "./read.ts";
import { takeSessionOptions } from "./session_options.ts";
import { readToken } from "./token.ts";
import { relabelled } from "./values.ts";

type Env = (name: string) => string | undefined;

/** What `molecule connect` was asked to do. */
export interface ConnectSettings {
  /** For `connect()`, but for what only the running program has. */
  readonly options:
    & Omit<ConnectOptions, "signal" | "onEvent" | "log">
    & { readonly stateDir: string; readonly graceMs: number };
  /** The options that were given for the back end. Their values may be secrets. */
  readonly backendOptions: BackendOptions;
  /** How messages come. */
  readonly mode: "poll";
  /** What the operator should know before anything starts. */
  readonly warnings: readonly string[];
  readonly level: LogLevel;
  readonly json: boolean;
  readonly dryRun: boolean;
}

function workspaceId(line: ParsedLine, env: Env): string {
  const [argument, extra] = line.positionals;
  if (extra !== undefined) {
    throw new UsageError(
      `unexpected argument ${JSON.stringify(extra)}`,
      "connect takes one workspace id, and flags before or after it",
    );
  }
  const source = argument === undefined
    ? fromEnv(WORKSPACE_ID_ENV, env)
    : { label: "workspace id", text: argument };
  if (source === undefined) {
    throw new UsageError(
      "no workspace id is given",
      `type molecule connect <workspace-id>, or molecule help`,
    );
  }
  try {
    checkWorkspaceId(source.text);
  } catch (error) {
    throw relabelled(error, "workspaceId", source.label);
  }
  return source.text;
}

function level(flags: FlagValues<typeof CONNECT_FLAGS>): LogLevel {
  const named: (readonly [string, LogLevel])[] = [];
  const asked = flags["log-level"];
  if (asked !== undefined) named.push(["--log-level", asked]);
  if (flags.quiet) named.push(["--quiet", "warn"]);
  if (flags.verbose) named.push(["--verbose", "debug"]);
  if (named.length > 1) {
    throw new UsageError(
      `${named.map(([flag]) => flag).join(" and ")} are given together`,
      "give one of them",
    );
  }
  return named[0]?.[1] ?? "info";
}

function stateDir(env: Env): string {
  try {
    return defaultStateDir(env);
  } catch (error) {
    throw new UsageError(reason(error), "type --state-dir DIR", error);
  }
}

function backend(name: string, options: BackendOptions): Backend {
  try {
    return createBackend(name, options);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(
      `the back end ${JSON.stringify(name)} cannot be made: ${reason(error)}`,
      "look at its options with molecule backends",
      error,
    );
  }
}

/**
 * What the command line and the environment ask for, checked.
 *
 * @throws {UsageError} naming what is missing or not usable.
 */
export async function connectSettings(
  line: ParsedLine,
  env: Env,
): Promise<ConnectSettings> {
  const flags = readFlags(CONNECT_FLAGS, line, env);
  const id = workspaceId(line, env);
  if (flags.mode === "push") {
    throw new UsageError(
      "--mode push is not there yet",
      "type --mode poll, or leave it out",
    );
  }
  const logLevel = level(flags);
  const apiUrl = flags["api-url"];
  if (apiUrl === undefined) {
    throw new UsageError(
      "no platform address is given",
      "type --api-url URL or set MOLECULE_API_URL",
    );
  }
  const { token, warnings } = await readToken(line, env);
  const backendOptions = flags["backend-opt"] ?? {};
  const { session, resetCommand, rest } = takeSessionOptions(backendOptions);
  return {
    options: {
      apiUrl,
      workspaceId: id,
      token,
      backend: backend(flags.backend ?? "claude-code", rest),
      session,
      resetCommand,
      agentName: flags["agent-name"],
      agentDescription: flags["agent-description"],
      agentCard: await readCard(flags, token, rest.model),
      pollIntervalMs: flags["interval-ms"],
      heartbeatIntervalMs: flags["heartbeat-ms"],
      receipts: flags.receipts === undefined
        ? undefined
        : flags.receipts === "on",
      sinceSecs: flags["since-secs"],
      stateDir: flags["state-dir"] ?? stateDir(env),
      concurrency: flags.concurrency,
      maxAttempts: flags["max-attempts"],
      allowPeers: flags["allow-peer"],
      allowOrigins: flags["allow-origin"],
      peerRate: flags["peer-rate"],
      maxExchanges: flags["max-exchanges"],
      allowFileHosts: flags["allow-file-host"],
      graceMs: flags.grace ?? DEFAULTS.graceMs,
      orgId: flags["org-id"],
      origin: flags.origin,
      once: flags.once,
    },
    backendOptions,
    mode: "poll",
    warnings,
    level: logLevel,
    json: flags.json,
    dryRun: flags["dry-run"],
  };
}
