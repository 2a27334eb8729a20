/**
 * The workspace itself: what the operator does with it, and what everybody may see of it.
 *
 * @module
 */
import { empty, json, Refusal } from "../answer.ts";
import { pathWorkspace, requireAdmin, requireToken } from "../auth.ts";
import { connectionBlock } from "../connection_block.ts";
import { rfc3339 } from "../clock.ts";
import { asObject, asString } from "../message.ts";
import { type Call, type Route, route } from "../router.ts";
import { parseFields } from "../strict_json.ts";
import type { DeliveryMode } from "../workspace.ts";
import { isUuid } from "../world.ts";

/** The routes of this file. */
export const workspaceRoutes: readonly Route[] = [
  route("POST", "/workspaces", "create", create),
  route("GET", "/workspaces/:id", "workspace", view),
  route("DELETE", "/workspaces/:id", "remove", remove),
  route("GET", "/workspaces/:id/state", "state", state),
  route(
    "POST",
    "/workspaces/:id/hibernate",
    "lifecycle",
    sleepAs("hibernated"),
  ),
  route("POST", "/workspaces/:id/pause", "lifecycle", sleepAs("paused")),
  route("POST", "/workspaces/:id/resume", "lifecycle", resume),
  route("PATCH", "/workspaces/:id/abilities", "abilities", abilities),
  route("PATCH", "/workspaces/:id/budget", "budget", budget),
];

function create(call: Call): Response {
  requireAdmin(call);
  const { world } = call;
  const body = parseFields(call.request.text, {
    name: "string",
    role: "string",
    runtime: "string",
    external: "boolean",
    delivery_mode: "string",
    parent_id: "string",
    url: "string",
  });
  const mode = asString(body?.delivery_mode);
  const name = asString(body?.name);
  if (
    body === undefined || name === "" || !["", "push", "poll"].includes(mode)
  ) {
    throw new Refusal(400, "invalid request body");
  }
  if (body.runtime !== "external" && body.external !== true) {
    throw new Refusal(400, "the sandbox has external workspaces only");
  }
  const parentId = asString(body.parent_id).toLowerCase();
  if (parentId !== "" && !world.workspaces.has(parentId)) {
    throw new Refusal(400, "parent workspace not found");
  }
  const workspace = world.create({
    name,
    role: asString(body.role) || null,
    deliveryMode: (mode || "push") as DeliveryMode,
    url: asString(body.url),
    ...(parentId === "" ? {} : { parentId }),
  });
  const answer = {
    id: workspace.id,
    external: true,
    status: workspace.status,
  };
  if (workspace.url !== "") return json(answer, 201);
  const token = world.tokens.mint(
    workspace.id,
    "instance",
    world.clock.nowMs(),
  );
  const connection = connectionBlock(world.server.url, workspace.id, token);
  return json({ ...answer, connection }, 201);
}

/** Open to everybody: nothing secret may stand in it. */
function view(call: Call): Response {
  const id = call.params.id ?? "";
  if (!isUuid(id)) throw new Refusal(400, "invalid workspace ID");
  const workspace = pathWorkspace(call);
  const time = (ms: number | undefined) =>
    ms === undefined ? null : rfc3339(Math.floor(ms) * 1000);
  if (workspace.removed) {
    throw new Refusal(410, "workspace removed", {
      id: workspace.id,
      removed_at: time(workspace.removedAtMs),
      hint:
        "Create a replacement workspace in Canvas, then open Settings → Workspace Tokens → + New Token",
    });
  }
  const { load } = workspace;
  return json({
    id: workspace.id,
    name: workspace.name,
    role: workspace.role,
    tier: 3,
    kind: "workspace",
    runtime: workspace.runtime,
    status: workspace.status,
    parent_id: workspace.parentId,
    url: workspace.url,
    agent_card: workspace.agentCard,
    active_tasks: load.activeTasks,
    max_concurrent_tasks: 1,
    uptime_seconds: load.uptimeSeconds,
    last_error_rate: load.errorRate,
    last_sample_error: load.sampleError,
    last_heartbeat_at: time(workspace.lastHeartbeatMs),
    last_outbound_at: null,
    wedged: workspace.wedged,
    talk_to_user_enabled: workspace.abilities.talk_to_user_enabled,
    broadcast_enabled: workspace.abilities.broadcast_enabled,
    loaded_mcp_tools: null,
    mcp_surface: null,
    compute: null,
    collapsed: false,
    x: 0,
    y: 0,
  });
}

/** Asks for the name a second time, as the web UI does. */
function remove(call: Call): Response {
  requireAdmin(call);
  const workspace = pathWorkspace(call);
  if (call.request.query.get("confirm") !== "true") {
    throw new Refusal(400, "confirm=true is required");
  }
  if (call.request.headers.get("x-confirm-name") !== workspace.name) {
    throw new Refusal(400, "X-Confirm-Name must be the workspace's name");
  }
  call.world.remove(workspace);
  return json({ status: "removed" });
}

/** The operator's key does not open this while the workspace has a token of its own. */
function state(call: Call): Response {
  const id = call.params.id ?? "";
  const hasToken = call.world.tokens.of(id.toLowerCase()).length > 0;
  requireToken(call, id, { admin: !hasToken });
  const workspace = pathWorkspace(call);
  return json({
    workspace_id: workspace.id,
    status: workspace.status,
    paused: workspace.status === "paused",
    deleted: workspace.removed,
  });
}

function sleepAs(status: "hibernated" | "paused"): (call: Call) => Response {
  return (call) => {
    requireToken(call, call.params.id ?? "");
    pathWorkspace(call).status = status;
    return json({ status });
  };
}

function resume(call: Call): Response {
  requireToken(call, call.params.id ?? "");
  const workspace = pathWorkspace(call);
  if (workspace.asleep) workspace.status = "awaiting_agent";
  return json({ status: workspace.status });
}

function abilities(call: Call): Response {
  requireAdmin(call);
  const workspace = pathWorkspace(call);
  const body = parseFields(call.request.text, {
    talk_to_user_enabled: "boolean",
    can_delegate: "boolean",
    broadcast_enabled: "boolean",
  });
  if (body === undefined) throw new Refusal(400, "invalid request body");
  Object.assign(workspace.abilities, body);
  return json({ status: "updated" });
}

function budget(call: Call): Response {
  requireAdmin(call);
  const workspace = pathWorkspace(call);
  const monthly = asObject(call.request.json?.budget_limits)?.monthly;
  if (typeof monthly !== "number") return empty(400);
  workspace.monthlyBudget = monthly;
  return json({ status: "updated" });
}
