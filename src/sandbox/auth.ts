/**
 * Who is calling.
 *
 * @module
 */
import { Refusal } from "./answer.ts";
import type { Call } from "./router.ts";
import type { Workspace } from "./workspace.ts";

/** The bearer of a request; the word `Bearer` is case-sensitive. */
export function bearer(headers: Headers): string | undefined {
  const value = headers.get("authorization") ?? "";
  return value.startsWith("Bearer ") && value.length > 7
    ? value.slice(7)
    : undefined;
}

/** Lets only the operator pass. */
export function requireAdmin(call: Call): void {
  if (bearer(call.request.headers) !== call.world.adminToken) {
    throw new Refusal(401, "admin auth required");
  }
}

/** Lets pass who has a token of the workspace `id`, and the operator unless `admin` is false. */
export function requireToken(
  call: Call,
  id: string,
  options: { admin?: boolean } = {},
): void {
  const token = bearer(call.request.headers);
  if (token === undefined) {
    throw new Refusal(401, "missing workspace auth token");
  }
  if (options.admin !== false && token === call.world.adminToken) return;
  if (call.world.ownerOf(token)?.id !== id.toLowerCase()) {
    throw new Refusal(401, "invalid workspace auth token");
  }
}

/** The gate of register and heartbeat: open until the workspace has an instance token. */
export function requireGate(call: Call, id: string): void {
  if (!call.world.gateClosed(id.toLowerCase())) return;
  requireToken(call, id, { admin: false });
}

/** The workspace in the path; 404 where there is none. */
export function pathWorkspace(call: Call): Workspace {
  const workspace = call.world.workspace(call.params.id ?? "");
  if (workspace === undefined) throw new Refusal(404, "workspace not found");
  return workspace;
}
