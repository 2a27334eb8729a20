/** Messages, sessions and contexts for tests of back ends. */
import type {
  BackendContext,
  InboundMessage,
  Session,
} from "../backends/backend.ts";
import { checkKept } from "../backends/kept.ts";
import { silentLogger } from "../log.ts";

/** A session in memory, which goes from turn to turn as the connector's own does. */
export class TestSession {
  /** Its id, a UUID. */
  readonly id: string = crypto.randomUUID();
  /** Whether a message of it was answered: the next turn's session is not fresh. */
  answered = false;
  /** What was kept last. */
  kept: string | undefined;

  /** What the context of the next turn has. */
  forTurn(): Session {
    return {
      id: this.id,
      fresh: !this.answered,
      kept: this.kept,
      keep: (text) => {
        try {
          checkKept(text);
        } catch (error) {
          return Promise.reject(error);
        }
        this.kept = text;
        return Promise.resolve();
      },
    };
  }
}

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

/**
 * A context for one turn: no time limit, a session of its own, no files, the current directory as `workDir` and
 * `outboxDir`.
 */
export function testContext(
  more: Partial<BackendContext> = {},
): BackendContext {
  return {
    signal: new AbortController().signal,
    log: silentLogger,
    attempt: 1,
    again: false,
    turnId: "0b7c9f0e-5a43-4b0b-9d53-6f1c2a7e8d11",
    session: new TestSession().forTurn(),
    history: [],
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
