/**
 * Looking up who may be written to: `GET /registry/:id/peers`, `POST /registry/check-access`.
 *
 * @module
 */
import { json, Refusal } from "../answer.ts";
import { requireToken } from "../auth.ts";
import { asString } from "../message.ts";
import { type Call, type Route, route } from "../router.ts";
import { parseFields } from "../strict_json.ts";
import type { Workspace } from "../workspace.ts";

/** The routes of this file. */
export const registryRoutes: readonly Route[] = [
  route("GET", "/registry/:id/peers", "peers", peers),
  route("POST", "/registry/check-access", "check-access", checkAccess),
];

function peers(call: Call): Response {
  const { world, params, request } = call;
  const own = world.workspace(params.id ?? "");
  if (own === undefined) throw new Refusal(404, "workspace not found");
  if (world.tokens.of(own.id).length > 0) requireToken(call, own.id);
  const words = (request.query.get("q") ?? "").toLowerCase();
  const others = [...world.workspaces.values()].filter((other) =>
    other !== own && !other.removed
  );
  // Siblings, then children, then the direct parent: narrower than what may be written to.
  const found = [
    ...others.filter((other) =>
      own.parentId !== null && other.parentId === own.parentId
    ),
    ...others.filter((other) => other.parentId === own.id),
    ...others.filter((other) => other.id === own.parentId),
  ].filter((other) =>
    `${other.name}\n${other.role ?? ""}`.toLowerCase().includes(words)
  );
  return json(found.map(peerView));
}

function peerView(workspace: Workspace): Record<string, unknown> {
  return {
    id: workspace.id,
    name: workspace.name,
    role: workspace.role,
    tier: 3,
    status: workspace.status,
    url: workspace.url,
    parent_id: workspace.parentId,
    active_tasks: workspace.load.activeTasks,
    agent_card: workspace.agentCard,
  };
}

function checkAccess(call: Call): Response {
  const body = parseFields(call.request.text, {
    caller_id: "string",
    target_id: "string",
  });
  if (body === undefined) throw new Refusal(400, "invalid request body");
  const from = call.world.workspace(asString(body.caller_id));
  const to = call.world.workspace(asString(body.target_id));
  return json({
    allowed: from !== undefined && to !== undefined &&
      call.world.mayTalk(from, to),
  });
}
