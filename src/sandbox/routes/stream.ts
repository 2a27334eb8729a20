/**
 * `GET /workspaces/:id/events/stream` and `GET /health`.
 *
 * @module
 */
import { json, Refusal } from "../answer.ts";
import { pathWorkspace, requireToken } from "../auth.ts";
import { type Call, type Route, route } from "../router.ts";

/** The routes of this file. */
export const streamRoutes: readonly Route[] = [
  route("GET", "/workspaces/:id/events/stream", "stream", stream),
  route("GET", "/health", "health", () => json({ status: "ok" })),
];

function stream(call: Call): Response {
  requireToken(call, call.params.id ?? "");
  const workspace = pathWorkspace(call);
  if (workspace.removed) throw new Refusal(404, "workspace not found");
  return new Response(call.world.events.open(workspace.id), {
    headers: { "content-type": "text/event-stream" },
  });
}
