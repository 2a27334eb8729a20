/**
 * Tokens and the connection block.
 *
 * @module
 */
import { json, Refusal } from "../answer.ts";
import { pathWorkspace, requireToken } from "../auth.ts";
import { rfc3339 } from "../clock.ts";
import { connectionBlock } from "../connection_block.ts";
import { type Call, type Route, route } from "../router.ts";
import type { Workspace } from "../workspace.ts";
import type { World } from "../world.ts";

const MAX_TOKENS = 50;

/** Runtimes whose credentials can be rotated. */
const EXTERNAL_RUNTIMES = ["external", "kimi", "kimi-cli"];

/** The routes of this file. */
export const credentialRoutes: readonly Route[] = [
  route("POST", "/workspaces/:id/external/rotate", "rotate", rotateRoute),
  route("GET", "/workspaces/:id/external/connection", "connection", connection),
  route("POST", "/workspaces/:id/tokens", "tokens", make),
  route("GET", "/workspaces/:id/tokens", "tokens", list),
  route("DELETE", "/workspaces/:id/tokens/:tokenId", "tokens", revoke),
];

/** Revokes every token of a workspace and makes a new one. */
export function rotate(world: World, workspace: Workspace): string {
  world.tokens.revoke(workspace.id);
  const token = world.tokens.mint(
    workspace.id,
    "instance",
    world.clock.nowMs(),
  );
  world.events.emit(workspace.id, "EXTERNAL_CREDENTIALS_ROTATED", {});
  return token;
}

function rotateRoute(call: Call): Response {
  const workspace = externalWorkspace(call);
  const token = rotate(call.world, workspace);
  return json({
    connection: connectionBlock(call.world.server.url, workspace.id, token),
  });
}

function connection(call: Call): Response {
  const { id } = externalWorkspace(call);
  return json({ connection: connectionBlock(call.world.server.url, id, "") });
}

function externalWorkspace(call: Call): Workspace {
  requireToken(call, call.params.id ?? "");
  const workspace = pathWorkspace(call);
  if (!EXTERNAL_RUNTIMES.includes(workspace.runtime)) {
    throw new Refusal(
      400,
      "rotate is only valid for external/BYO-compute workspaces",
      {
        hint: "use POST /workspaces/:id/restart for container-backed runtimes",
        runtime: workspace.runtime,
      },
    );
  }
  return workspace;
}

function make(call: Call): Response {
  const { world } = call;
  requireToken(call, call.params.id ?? "");
  const workspace = pathWorkspace(call);
  if (world.tokens.of(workspace.id).length >= MAX_TOKENS) {
    throw new Refusal(429, "too many tokens");
  }
  const token = world.tokens.mint(workspace.id, "api", world.clock.nowMs());
  return json({
    auth_token: token,
    workspace_id: workspace.id,
    message: "Save this token now — it cannot be retrieved again.",
  }, 201);
}

function list(call: Call): Response {
  requireToken(call, call.params.id ?? "");
  const { id } = pathWorkspace(call);
  const time = (ms: number | undefined) =>
    ms === undefined ? null : rfc3339(Math.floor(ms) * 1000);
  const tokens = call.world.tokens.of(id).reverse().map((record) => ({
    id: record.id,
    prefix: record.prefix,
    created_at: time(record.createdAtMs),
    last_used_at: time(record.lastUsedAtMs),
  }));
  return json({ tokens, count: tokens.length });
}

function revoke(call: Call): Response {
  requireToken(call, call.params.id ?? "");
  const { id } = pathWorkspace(call);
  const count = call.world.tokens.revoke(
    id,
    (record) => record.id === call.params.tokenId,
  );
  if (count === 0) throw new Refusal(404, "token not found or already revoked");
  return json({ status: "revoked" });
}
