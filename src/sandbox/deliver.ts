/**
 * Brings a message to a workspace: a row for one that polls, a call to one that is pushed to.
 *
 * @module
 */
import { a2aJson } from "./answer.ts";
import type { Envelope, Origin } from "./envelope.ts";
import { asObject, asString, filesOf, messageOf, textOf } from "./message.ts";
import { push } from "./push.ts";
import type { ActivityRow } from "./row.ts";
import type { Workspace } from "./workspace.ts";
import type { World } from "./world.ts";

/** What a delivery led to. */
export interface Delivered {
  /** What the sender is answered. */
  readonly response: Response;
  /** The row's id; "" where the store could not keep the message. */
  readonly rowId: string;
}

/** Delivers to `target`; `sourceId` is null for a person. */
export async function deliver(
  world: World,
  target: Workspace,
  envelope: Envelope,
  sourceId: string | null,
  origin: Origin,
  createdAt?: string,
): Promise<Delivered> {
  const row = envelope.hasNul
    ? undefined
    : record(world, target, envelope, sourceId, origin, createdAt);
  if (row !== undefined && target.deliveryMode === "push") {
    return {
      response: await push(world, target, envelope, row),
      rowId: row.id,
    };
  }
  const response = a2aJson({
    delivery_mode: "poll",
    method: envelope.method,
    status: "queued",
  });
  return { response, rowId: row?.id ?? "" };
}

/** Writes the row and tells the listeners, once readers can see it. */
function record(
  world: World,
  target: Workspace,
  envelope: Envelope,
  sourceId: string | null,
  origin: Origin,
  createdAt: string | undefined,
): ActivityRow {
  const { body, method, messageId } = envelope;
  const summary = (how: string) => `${method} → ${target.name} (${how})`;
  const isChat = method === "message/send" && messageId !== "";
  const { row, duplicate } = target.feed.insert({
    source_id: sourceId,
    target_id: target.id,
    method,
    summary: summary(isChat ? "ingest" : "queued for poll"),
    request_body: body,
    ...(createdAt === undefined ? {} : { created_at: createdAt }),
  }, {
    messageId: isChat ? messageId : "",
    onVisible() {
      if (isChat && origin !== "peer") {
        const attachments = filesOf(messageOf(body)?.parts);
        world.events.emit(target.id, "USER_MESSAGE", {
          content: textOf(messageOf(body) ?? {}),
          ...(attachments.length === 0 ? {} : { attachments }),
          message_id: messageId,
          workspace_id: target.id,
        });
      }
      for (
        const how of isChat
          ? ["ingest", "queued for poll"]
          : ["queued for poll"]
      ) {
        world.events.emit(target.id, "ACTIVITY_LOGGED", {
          activity_type: "a2a_receive",
          duration_ms: null,
          ...(messageId === "" ? {} : { message_id: messageId }),
          method,
          request_body: body,
          source_id: sourceId,
          status: "ok",
          summary: summary(how),
          target_id: target.id,
        });
      }
      world.changes.notify();
    },
  });
  const message = messageOf(body);
  // A push workspace is called again for a repeated message: each call is a new turn of its agent.
  if (message !== undefined && (!duplicate || target.deliveryMode === "push")) {
    world.received.add(target.id, {
      rowId: row.id,
      sourceId,
      messageId: asString(message.messageId),
      contextId: asString(message.contextId),
      text: textOf(message),
      metadata: asObject(message.metadata) ?? {},
      message,
    });
    world.changes.notify();
  }
  return row;
}
