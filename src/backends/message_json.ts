/** A message and its turn as one JSON object, for programs that want more of it than its text. */
import type { Metadata, Part } from "../a2a/part.ts";
import type {
  BackendContext,
  InboundFile,
  InboundMessage,
  Origin,
  UnavailableFile,
} from "./backend.ts";

/** The object. Everything but `origin.kind`, the ids of workspace, row and session, and the files is a stranger's. */
export interface MessageJson {
  /** The workspace that is served. */
  readonly workspaceId: string;
  /** Who sent it: the id of a peer's workspace, empty for others. */
  readonly origin: { readonly kind: Origin; readonly id: string };
  /** The row of the feed. */
  readonly activityId: string;
  /** The sender's id of the message. */
  readonly messageId: string;
  /** The conversation as the sender named it. */
  readonly contextId: string;
  /** The task as the sender named it. */
  readonly taskId: string;
  /** The text parts, joined by newlines. */
  readonly text: string;
  /** All parts in order. */
  readonly parts: readonly Part[];
  /** The message's metadata. */
  readonly metadata: Metadata;
  /** The conversation's session. */
  readonly session: { readonly id: string; readonly fresh: boolean };
  /** 1 at first. */
  readonly attempt: number;
  /** Whether an earlier run of this message began and gave no answer. */
  readonly again: boolean;
  /** Files of the message that lie on this machine. */
  readonly files: readonly InboundFile[];
  /** Files of the message that could not be had. */
  readonly unavailableFiles: readonly UnavailableFile[];
  /** Files that are left here go with the answer. */
  readonly outboxDir: string;
  /** The row's request body, verbatim. */
  readonly raw: unknown;
}

/** Makes the object. */
export function messageJson(
  message: InboundMessage,
  context: BackendContext,
): MessageJson {
  const { workspaceId, activityId, messageId, contextId, taskId } = message;
  const { attempt, again, files, unavailableFiles, outboxDir } = context;
  return {
    workspaceId,
    origin: { kind: message.origin, id: message.callerId },
    activityId,
    messageId,
    contextId,
    taskId,
    text: message.text,
    parts: message.parts,
    metadata: message.metadata,
    session: { id: context.session.id, fresh: context.session.fresh },
    attempt,
    again,
    files,
    unavailableFiles,
    outboxDir,
    raw: message.raw,
  };
}
