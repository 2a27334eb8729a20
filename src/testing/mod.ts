/**
 * What tests of connectors and back ends need: a platform in the box, with faults to order, and what every back end has
 * to do.
 *
 * @module
 */
export {
  backendContract,
  type ContractCase,
  contractCases,
  type ContractSubject,
} from "./backend_contract.ts";
export { testContext, testMessage, TestSession } from "./backend_context.ts";
export { Sandbox } from "../sandbox/sandbox.ts";
export type {
  HeldRows,
  NewCredentials,
  SandboxOptions,
  WorkspaceWish,
} from "../sandbox/sandbox_options.ts";
export { MinimalPlatform } from "../sandbox/minimal_platform.ts";
export type { MinimalRow } from "../sandbox/minimal_platform.ts";
export * as faults from "../sandbox/faults.ts";
export type { Effect, Fault, FaultCall } from "../sandbox/faults.ts";
export { ScriptedFault } from "../sandbox/fault_book.ts";
export type { FaultOptions } from "../sandbox/fault_book.ts";
export type { WaitOptions } from "../sandbox/changes.ts";
export { Clock } from "../sandbox/clock.ts";
export type { Endpoint } from "../sandbox/endpoint.ts";
export type { Generation } from "../sandbox/envelope.ts";
export type { Tenant } from "../sandbox/front.ts";
export type {
  AnyPart,
  Bubble,
  ChannelMessage,
  ChannelOptions,
  HistoryBubble,
  MessageContent,
  MessageOptions,
  ReceivedMessage,
} from "../sandbox/message.ts";
export type { RateLimit } from "../sandbox/rate_limit.ts";
export { RecordedRequest } from "../sandbox/recorder.ts";
export type { ActivityRow, RowFields } from "../sandbox/row.ts";
export type { NewFile } from "../sandbox/uploads.ts";
export type { DeliveryMode } from "../sandbox/workspace.ts";
