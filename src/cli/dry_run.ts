/** `--dry-run`: checks what can be checked without asking the platform and without writing anything. */
import { agentCard, type AgentSkill } from "../agent_card.ts";
import type { AgentCard } from "../platform/wire.ts";
import { ORIGINS } from "../asker_options.ts";
import { reason } from "../errors.ts";
import { resolveOptions } from "../options.ts";
import { Redactor } from "../redact.ts";
import { lockHolder } from "../state/lock.ts";
import { statePaths } from "../state/paths.ts";
import { checkStateDir } from "../state/state_dir.ts";
import { checkBackend, notReady } from "./backend_check.ts";
import type { ConnectSettings } from "./connect_settings.ts";
import type { CliIo } from "./io.ts";

/** What would be done, and whether it could be. `--json` prints it as it is. */
export interface DryRun {
  readonly dryRun: true;
  readonly apiUrl: string;
  readonly orgId?: string;
  readonly origin: string;
  readonly workspaceId: string;
  readonly mode: string;
  readonly token: "given" | "none";
  readonly agentName: string;
  /** The whole card as it would be registered. */
  readonly agentCard: AgentCard;
  readonly backend: {
    readonly name: string;
    readonly options: Readonly<Record<string, string>>;
    /** `ready`, or what is missing. */
    readonly check: string;
  };
  readonly stateDir: {
    readonly path: string;
    /** `exists`, and perhaps who works in it; `will be made`; or what is wrong with it. */
    readonly check: string;
  };
  readonly pollIntervalMs: number;
  readonly sinceSecs: number;
  readonly heartbeatIntervalMs: number;
  /** Who is answered: workspaces by their ids, or all; and messages from where. */
  readonly allowFileHosts: readonly string[];
  /** Whether the back end takes files at all. */
  readonly takesFiles: boolean;
  readonly allowPeers: readonly string[] | "all";
  readonly allowOrigins: readonly string[];
  readonly peerRate: number;
  readonly maxExchanges: number;
  readonly concurrency: number;
  readonly maxAttempts: number;
  readonly graceMs: number;
  readonly warnings: readonly string[];
}

/** The outcome of a dry run. */
export interface DryRunResult {
  readonly summary: DryRun;
  /** Why `connect` would refuse to start. */
  readonly refusal: Error | undefined;
}

async function stateDirCheck(
  path: string,
  workspaceId: string,
): Promise<{ check: string; refusal?: Error }> {
  try {
    if (!await checkStateDir(path)) return { check: "will be made" };
    const holder = await lockHolder(statePaths(path, workspaceId));
    return {
      check: holder === undefined
        ? "exists"
        : `exists; a connector of this workspace runs here${
          holder === "" ? "" : ` (process ${holder})`
        }`,
    };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { check: reason(error), refusal: error };
  }
}

/**
 * Checks `settings`.
 *
 * @throws {UsageError} if an option is not usable.
 */
export async function dryRun(settings: ConnectSettings): Promise<DryRunResult> {
  const options = resolveOptions(settings.options);
  const { backend } = options;
  const { readiness, doubt } = await checkBackend(
    backend,
    new AbortController().signal,
  );
  await backend.close?.();
  const { stateDir } = settings.options;
  const state = await stateDirCheck(stateDir, options.workspaceId);
  const redactor = new Redactor();
  redactor.add(options.token);
  redactor.addAll(backend.secrets);
  const summary: DryRun = {
    dryRun: true,
    apiUrl: options.apiUrl,
    ...(options.orgId === undefined ? {} : { orgId: options.orgId }),
    origin: options.origin,
    workspaceId: options.workspaceId,
    mode: settings.mode,
    token: options.token === "" ? "none" : "given",
    agentName: options.agentName,
    agentCard: agentCard(options),
    backend: {
      name: backend.name,
      options: settings.backendOptions,
      check: !readiness.ready
        ? `${readiness.reason}; ${readiness.remedy}`
        : doubt === undefined
        ? "ready"
        : `cannot tell: ${doubt}`,
    },
    stateDir: { path: stateDir, check: state.check },
    pollIntervalMs: options.pollIntervalMs,
    sinceSecs: options.sinceSecs,
    heartbeatIntervalMs: options.heartbeatIntervalMs,
    allowFileHosts: options.allowFileHosts,
    takesFiles: backend.accepts?.files === true,
    allowPeers: options.allowPeers ?? "all",
    allowOrigins: options.allowOrigins ?? ORIGINS,
    peerRate: options.peerRate,
    maxExchanges: options.maxExchanges,
    concurrency: options.concurrency,
    maxAttempts: options.maxAttempts,
    graceMs: options.graceMs,
    warnings: settings.warnings,
  };
  return {
    summary: redactor.redactValue(summary) as DryRun,
    refusal: notReady(backend, readiness) ?? state.refusal,
  };
}

/** What the platform's page shows of the card. */
function card({ name, model, skills }: AgentCard): [string, string][] {
  const names = (Array.isArray(skills) ? skills as AgentSkill[] : [])
    .map((skill) => skill.name);
  return [
    ["agent name", name],
    ...(typeof model === "string"
      ? [["model", model] as [string, string]]
      : []),
    ...(names.length === 0
      ? []
      : [["skills", names.join(", ")] as [string, string]]),
  ];
}

function askers({ allowOrigins, allowPeers }: DryRun): string {
  const names = { canvas: "people", channel: "outside channels" };
  const peers = allowPeers === "all"
    ? "every workspace"
    : `the workspaces ${allowPeers.join(", ") || "(none)"}`;
  return allowOrigins.map((origin) =>
    names[origin as keyof typeof names] ?? peers
  ).join("; ");
}

function files({ takesFiles, allowFileHosts }: DryRun): string {
  if (!takesFiles) return "the back end takes none; none are fetched";
  const hosts = allowFileHosts.length === 0
    ? "no host"
    : allowFileHosts.join(", ");
  return `of messages are fetched, those with an address from ${hosts}`;
}

function limits({ peerRate, maxExchanges }: DryRun): string {
  const rate = peerRate === 0
    ? "no limit"
    : `${peerRate} a minute of each workspace`;
  const exchanges = maxExchanges === 0
    ? "no limit"
    : `${maxExchanges} an hour in each conversation`;
  return `messages: ${rate}; exchanges: ${exchanges}`;
}

/** A dry run for people, line by line. */
export function dryRunLines(run: DryRun): string[] {
  const row = (name: string, value: string) => `  ${name.padEnd(12)} ${value}`;
  const { backend, stateDir, concurrency, maxAttempts } = run;
  return [
    "molecule: dry run: nothing is sent or written, the platform is not asked",
    row("platform", run.apiUrl),
    ...(run.orgId === undefined ? [] : [row("organisation", run.orgId)]),
    row("origin", run.origin),
    row("workspace", run.workspaceId),
    row("token", run.token),
    row("mode", run.mode),
    ...card(run.agentCard).map(([name, value]) => row(name, value)),
    row("back end", `${backend.name}: ${backend.check}`),
    // Quoted: a value may be several lines.
    ...Object.entries(backend.options).map(([name, value]) =>
      row("", `${name}=${JSON.stringify(value)}`)
    ),
    row("state", `${stateDir.path}: ${stateDir.check}`),
    row(
      "reading",
      `every ${run.pollIntervalMs} ms, at first ${run.sinceSecs} s back`,
    ),
    row("heartbeat", `every ${run.heartbeatIntervalMs} ms`),
    row("answers", `messages of ${askers(run)}`),
    row("limits", limits(run)),
    row("files", files(run)),
    row(
      "at once",
      `${concurrency} conversation${concurrency === 1 ? "" : "s"}`,
    ),
    row("attempts", `${maxAttempts} for a message`),
    row("grace", `${run.graceMs / 1_000} s for running turns at a stop`),
    ...run.warnings.map((text) => row("warning", text)),
  ];
}

/** Runs it and tells the outcome. @throws {UsageError} after that, if `connect` would refuse to start. */
export async function dryRunCommand(
  settings: ConnectSettings,
  io: Pick<CliIo, "stdout" | "stderr">,
): Promise<void> {
  const { summary, refusal } = await dryRun(settings);
  if (settings.json) {
    io.stdout(JSON.stringify(summary));
  } else if (settings.level === "debug" || settings.level === "info") {
    for (const line of dryRunLines(summary)) io.stderr(line);
  }
  if (refusal !== undefined) throw refusal;
}
