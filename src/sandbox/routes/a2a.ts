/**
 * `POST /workspaces/:id/a2a` and its relatives.
 *
 * @module
 */
import { Refusal } from "../answer.ts";
import { bearer } from "../auth.ts";
import { deliver } from "../deliver.ts";
import { type Generation, type Origin, parseEnvelope } from "../envelope.ts";
import { type Call, type Route, route } from "../router.ts";
import type { Workspace } from "../workspace.ts";
import { isUuid } from "../world.ts";

const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** Caller ids that only the platform itself uses. */
const RESERVED_CALLER = /^(system|webhook|channel|test):/;

const DENIED =
  "access denied: workspaces cannot communicate per hierarchy rules";

/** The routes of this file. */
export const a2aRoutes: readonly Route[] = [
  route("POST", "/workspaces/:id/a2a", "a2a", a2a),
  route("POST", "/workspaces/:id/a2a/inbound", "inbound", inbound),
  route("GET", "/workspaces/:id/a2a/queue/:queueId", "queue", queue),
];

/** Who calls: a workspace, or the operator, who counts as a person. */
interface Caller {
  readonly workspace: Workspace | undefined;
  readonly sourceId: string | null;
}

async function a2a(call: Call): Promise<Response> {
  checkSize(call);
  const { workspace: from, sourceId } = caller(call);
  const target = from === undefined
    ? targetOfCanvas(call)
    : targetOfPeer(call, from);
  checkBudget(target);
  const origin: Origin = from === undefined ? "canvas" : "peer";
  // The sandbox's own page may speak as the older web chat.
  const envelope = parseEnvelope(
    call.request.text,
    origin,
    target.id,
    call.request.query.get("generation") as Generation | null ?? undefined,
  );
  if (
    from !== undefined && from !== target &&
    envelope.method === "message/send" && !from.abilities.can_delegate
  ) throw new Refusal(403, "tool call failed");
  const { response } = await deliver(
    call.world,
    target,
    envelope,
    sourceId,
    origin,
  );
  return response;
}

/** A message of an outsider who holds the workspace's inbound secret. */
async function inbound(call: Call): Promise<Response> {
  checkSize(call);
  const target = targetOfCanvas(call);
  if (bearer(call.request.headers) !== target.inboundSecret) {
    throw new Refusal(403, "invalid inbound secret");
  }
  const envelope = parseEnvelope(call.request.text, "inbound", target.id);
  const { response } = await deliver(
    call.world,
    target,
    envelope,
    null,
    "inbound",
  );
  return response;
}

/** The sandbox keeps no queue, so nothing is ever found in it. */
function queue(call: Call): Response {
  caller(call);
  throw new Refusal(404, "queue item not found", { retryable: true });
}

function checkSize(call: Call): void {
  if (call.request.bytes.length <= MAX_BODY_BYTES) return;
  throw new Refusal(
    413,
    `request body exceeds ${MAX_BODY_BYTES} byte limit: A2A body exceeds size limit`,
    { truncated: true, max_bytes: MAX_BODY_BYTES },
  );
}

/** The caller is the workspace that owns the bearer; the header is a claim that has to agree. */
function caller(call: Call): Caller {
  const claimed = call.request.headers.get("x-workspace-id");
  if (claimed !== null && RESERVED_CALLER.test(claimed)) {
    throw new Refusal(403, "invalid caller ID");
  }
  const token = bearer(call.request.headers);
  if (token === undefined) throw new Refusal(401, "missing caller auth token");
  if (token === call.world.adminToken) {
    return { workspace: undefined, sourceId: claimed };
  }
  const workspace = call.world.ownerOf(token);
  if (workspace === undefined) {
    throw new Refusal(401, "invalid caller auth token");
  }
  if (claimed !== null && claimed !== workspace.id) {
    throw new Refusal(401, "caller ID does not match workspace auth token");
  }
  return { workspace, sourceId: workspace.id };
}

function targetOfCanvas(call: Call): Workspace {
  const id = call.params.id ?? "";
  if (!isUuid(id)) throw new Refusal(500, "lookup failed");
  const target = call.world.workspace(id);
  if (target === undefined) throw new Refusal(404, "workspace not found");
  return target;
}

/** To a peer an unknown target looks like a forbidden one. */
function targetOfPeer(call: Call, from: Workspace): Workspace {
  const target = call.world.workspace(call.params.id ?? "");
  if (target === undefined || !call.world.mayTalk(from, target)) {
    throw new Refusal(403, DENIED);
  }
  return target;
}

function checkBudget(target: Workspace): void {
  const { monthlyBudget, load } = target;
  if (monthlyBudget === undefined || load.monthlySpend < monthlyBudget) return;
  throw new Refusal(402, "workspace budget limit exceeded", {
    exceeded_periods: ["monthly"],
  });
}
