/** Messages and contexts for tests of back ends. */
import type {
  BackendContext,
  InboundMessage,
} from "../src/backends/backend.ts";
import { silentLogger } from "../src/log.ts";

/** A message of another workspace that says `text`. */
export function testMessage(
  text: string,
  more: Partial<InboundMessage> = {},
): InboundMessage {
  return {
    workspaceId: "workspace-1",
    callerId: "peer-1",
    callerName: "Peer",
    messageId: "message-1",
    contextId: "context-1",
    taskId: "task-1",
    method: "message/send",
    origin: "peer",
    parts: [{ kind: "text", text }],
    text,
    metadata: {},
    activityId: "activity-1",
    createdAt: "2026-11-24T12:00:00Z",
    raw: {},
    ...more,
  };
}

/** A context for one turn. */
export function testContext(
  more: Partial<BackendContext> = {},
): BackendContext {
  return {
    signal: new AbortController().signal,
    log: silentLogger,
    attempt: 1,
    again: false,
    turnId: "0b7c9f0e-5a43-4b0b-9d53-6f1c2a7e8d11",
    session: {
      id: "5f1c3c52-27b6-5c4c-9e43-b2c8ad2f3f6b",
      fresh: true,
      kept: undefined,
      keep: () => Promise.resolve(),
    },
    files: [],
    unavailableFiles: [],
    workDir: Deno.cwd(),
    outboxDir: Deno.cwd(),
    childStarted: () => ({
      saved: Promise.resolve(),
      [Symbol.dispose]: () => {},
    }),
    progress: () => {},
    ...more,
  };
}
