/**
 * What stands before every endpoint: the `Origin` check and the guard of a hosted tenant.
 *
 * @module
 */
import { empty, json } from "./answer.ts";

/** Paths that a tenant's guard lets pass without any identity. */
const OPEN_TO_ALL = new Set([
  "/health",
  "/registry/register",
  "/registry/heartbeat",
]);

const LISTED_ORIGINS = new Set([
  "http://localhost:3000",
  "http://localhost:3001",
]);

/** A server that runs for one organisation only. */
export interface Tenant {
  /** What `X-Molecule-Org-Id` has to say. */
  readonly orgId: string;
  /**
   * Whether a same-host `Origin` passes as well, as where the server also serves the web UI.
   *
   * @default {false}
   */
  readonly acceptOrigin?: boolean | undefined;
}

/** The refusal of a foreign `Origin`: 403 without a body, on every path and before authentication. */
export function refuseOrigin(headers: Headers): Response | undefined {
  const origin = headers.get("origin");
  if (origin === null || LISTED_ORIGINS.has(origin) || isOwn(headers, origin)) {
    return undefined;
  }
  return empty(403);
}

/** The refusal of a call that does not name the tenant. */
export function refuseTenant(
  headers: Headers,
  path: string,
  tenant: Tenant | undefined,
): Response | undefined {
  if (tenant === undefined || OPEN_TO_ALL.has(path)) return undefined;
  const orgId = headers.get("x-molecule-org-id");
  if (orgId === tenant.orgId) return undefined;
  if (orgId !== null) return empty(404);
  const origin = headers.get("origin");
  if (tenant.acceptOrigin && origin !== null && isOwn(headers, origin)) {
    return undefined;
  }
  return json({
    error: "missing tenant routing header",
    code: "TENANT_ORG_HEADER_REQUIRED",
    required_header: "X-Molecule-Org-Id",
    detail: "requests to a tenant must name its organisation",
  }, 400);
}

function isOwn(headers: Headers, origin: string): boolean {
  const host = headers.get("host");
  return origin === `http://${host}` || origin === `https://${host}`;
}
