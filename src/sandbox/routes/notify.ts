/**
 * Talking to the person: `POST /workspaces/:id/notify`, `GET /workspaces/:id/chat-history`.
 *
 * @module
 */
import { json, Refusal } from "../answer.ts";
import { pathWorkspace, requireToken } from "../auth.ts";
import { bubbleOf } from "../bubble.ts";
import { clean } from "../envelope.ts";
import { asString } from "../message.ts";
import { type Call, type Route, route } from "../router.ts";
import { checkFields, parseFields } from "../strict_json.ts";

/** The routes of this file. */
export const notifyRoutes: readonly Route[] = [
  route("POST", "/workspaces/:id/notify", "notify", notify),
  route("GET", "/workspaces/:id/chat-history", "history", history),
];

type Attachment = Record<string, unknown>;

function notify(call: Call): Response {
  const { world } = call;
  requireToken(call, call.params.id ?? "");
  const { message, attachments } = parseNotify(call.request.text);
  const workspace = pathWorkspace(call);
  if (!workspace.abilities.talk_to_user_enabled) {
    throw new Refusal(403, "talk_to_user_disabled", {
      hint:
        "This workspace is not allowed to send messages directly to the user. Forward your update to a parent workspace using delegate_task — they may be able to reach the user.",
    });
  }
  world.notifies.add(workspace.id, message);
  world.events.emit(workspace.id, "AGENT_MESSAGE", {
    message,
    name: workspace.name,
    workspace_id: workspace.id,
    ...(attachments.length === 0 ? {} : { attachments }),
  });
  const body = clean({
    result: message,
    ...(attachments.length === 0 ? {} : {
      parts: attachments.map((file) => ({ kind: "file", file })),
    }),
  });
  // A text with U+0000 is shown once, and then lost.
  if (!body.hasNul) {
    workspace.feed.insert({
      method: "notify",
      summary: `Agent message: ${message}`,
      response_body: body.value,
    });
  }
  return json({ status: "sent" });
}

/** The text and the files; any wrong type is told in the same words as a missing text. */
function parseNotify(
  text: string,
): { message: string; attachments: Attachment[] } {
  const body = parseFields(text, { message: "string", attachments: "array" });
  const message = asString(body?.message);
  if (body === undefined || message === "") {
    throw new Refusal(400, "message is required");
  }
  const given = (body.attachments ?? []) as unknown[];
  const attachments = given.map((file) => {
    const fields = checkFields(file, {
      uri: "string",
      name: "string",
      mimeType: "string",
      size: "integer",
    });
    if (fields === undefined) throw new Refusal(400, "message is required");
    return fields;
  });
  for (const [at, file] of attachments.entries()) {
    if (asString(file.uri) === "" || asString(file.name) === "") {
      throw new Refusal(400, `attachment[${at}]: uri and name are required`);
    }
  }
  return { message, attachments };
}

/** The chat as the browser shows it after a reload, oldest first. */
function history(call: Call): Response {
  requireToken(call, call.params.id ?? "");
  const messages = pathWorkspace(call).feed.all().flatMap((row) => {
    const bubble = bubbleOf(row);
    return bubble === undefined ? [] : [{
      id: `${row.id}:${bubble.role}`,
      role: bubble.role,
      content: bubble.text,
      ...(bubble.attachments.length === 0
        ? {}
        : { attachments: bubble.attachments }),
      timestamp: row.created_at,
    }];
  });
  return json({ messages, reached_end: true });
}
