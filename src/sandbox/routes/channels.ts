/**
 * Talking to an outside chat channel: `POST /workspaces/:id/channels/:channel/send`.
 *
 * The sandbox keeps no list of channels: whatever id is named exists, and takes what it is sent.
 *
 * @module
 */
import { json, Refusal } from "../answer.ts";
import { pathWorkspace, requireToken } from "../auth.ts";
import { asString } from "../message.ts";
import { type Call, type Route, route } from "../router.ts";
import { parseFields } from "../strict_json.ts";

/** The routes of this file. */
export const channelRoutes: readonly Route[] = [
  route("POST", "/workspaces/:id/channels/:channel/send", "channel", send),
];

/** A segment of a path as text. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new Refusal(400, "invalid channel id");
  }
}

function send(call: Call): Response {
  const { world, params } = call;
  requireToken(call, params.id ?? "");
  const text = asString(
    parseFields(call.request.text, { text: "string" })?.text,
  );
  if (text === "") throw new Refusal(400, "text is required");
  const workspace = pathWorkspace(call);
  world.channelMessages.add(workspace.id, {
    channelId: decoded(params.channel ?? ""),
    text,
  });
  return json({ status: "sent" });
}
