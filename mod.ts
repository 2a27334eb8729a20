/**
 * Connects an external workspace of a Molecule AI platform to an agent on your machine: it registers the workspace,
 * keeps it alive, reads its messages, hands each one to a back end and carries the answer back.
 *
 * @example
 * ```ts ignore
 * import { connect, createBackend } from "jsr:@molecule/connect";
 *
 * await using connection = await connect({
 *   apiUrl: "https://molecule.example",
 *   workspaceId: "3f2a6c1e-8a37-4d19-9c42-7e1d3a60b8f4",
 *   token: Deno.env.get("MOLECULE_WORKSPACE_TOKEN")!,
 *   backend: createBackend("exec", { cmd: "./answer.sh" }),
 * });
 * const failure = await connection.closed; // Error | undefined; it never rejects
 * ```
 *
 * It needs `--allow-net`, `--allow-read`, `--allow-write` and `--allow-env` for the state directory, and `--allow-run`
 * for back ends that start a program.
 *
 * @module
 */
export { connect } from "./src/connect.ts";
export type { ConnectOptions, OriginMode, SessionMode } from "./src/options.ts";
export type { AgentCardFields, AgentSkill } from "./src/agent_card.ts";
export type {
  ConnectEvent,
  Connection,
  ConnectionCounters,
  ConnectionState,
  ConnectionStatus,
  LoopHealth,
  MessageFields,
} from "./src/connection.ts";
export {
  type Backend,
  type BackendContext,
  type BackendFactory,
  type BackendOptions,
  type HistoryEntry,
  type InboundFile,
  type InboundMessage,
  type Origin,
  type Readiness,
  type Reply,
  type Session,
  type StartedChild,
  textReply,
  type UnavailableFile,
  type Usage,
} from "./src/backends/backend.ts";
export {
  backendNames,
  createBackend,
  registerBackend,
} from "./src/backends/registry.ts";
export type {
  DataPart,
  FilePart,
  Metadata,
  Part,
  TextPart,
} from "./src/a2a/part.ts";
export {
  BackendError,
  type BackendErrorKind,
  ConnectError,
  type ErrorCode,
  type FailureKind,
  PermanentError,
  StateError,
  TransientError,
  UsageError,
} from "./src/errors.ts";
export { type LogFields, type Logger } from "./src/log.ts";
export type { UploadedFile } from "./src/platform/wire.ts";
export {
  type Attempt,
  type HandledRow,
  loadState,
  type OutboxEntry,
  type OutboxStep,
  type OwnEpoch,
  type SavedChild,
  type SavedExchange,
  type SavedStop,
  saveState,
  type State,
} from "./src/state/state.ts";
export { defaultStateDir } from "./src/state/paths.ts";

if (import.meta.main) {
  const { main } = await import("./cli.ts"); // imported late: the library does not load the command line
  Deno.exit(await main(Deno.args));
}
