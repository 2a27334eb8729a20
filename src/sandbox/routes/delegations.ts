/**
 * Delegations: `POST /workspaces/:id/delegate`, `GET …/delegations`, `POST …/delegations/:delegationId/update`.
 *
 * @module
 */
import { json, Refusal } from "../answer.ts";
import { pathWorkspace, requireToken } from "../auth.ts";
import { deliver } from "../deliver.ts";
import { normalise } from "../envelope.ts";
import { asObject, asString, envelopeOf } from "../message.ts";
import { type Call, type Route, route } from "../router.ts";
import type { ActivityRow } from "../row.ts";
import { parseFields } from "../strict_json.ts";
import type { Workspace } from "../workspace.ts";
import { isUuid } from "../world.ts";

const LISTED = 50;
const PREVIEW_CHARS = 300;

/** The routes of this file. */
export const delegationRoutes: readonly Route[] = [
  route("POST", "/workspaces/:id/delegate", "delegate", delegate),
  route("GET", "/workspaces/:id/delegations", "delegations", list),
  route(
    "POST",
    "/workspaces/:id/delegations/:delegationId/update",
    "delegations",
    update,
  ),
];

/** How a delegation went, as its own workspace is told. */
interface Outcome {
  readonly status: "completed" | "failed";
  readonly text: string;
}

async function delegate(call: Call): Promise<Response> {
  requireToken(call, call.params.id ?? "");
  const from = pathWorkspace(call);
  if (!from.abilities.can_delegate) throw new Refusal(403, "tool call failed");
  const body = parseFields(call.request.text, {
    target_id: "string",
    task: "string",
    idempotency_key: "string",
  });
  const task = asString(body?.task);
  const targetId = asString(body?.target_id).toLowerCase();
  if (body === undefined || task === "" || targetId === "") {
    throw new Refusal(400, "invalid delegation request");
  }
  if (!isUuid(targetId)) {
    throw new Refusal(400, "target_id must be a valid UUID");
  }
  if (targetId === from.id) {
    throw new Refusal(400, "self-delegation not permitted", {
      hint:
        "do the work yourself, or pick a different peer via list_peers — retrying with the same target_id will fail every time",
      reason:
        "the source workspace and target workspace are the same; you cannot delegate a task to yourself",
    });
  }
  const key = asString(body.idempotency_key);
  const known = from.delegations.get(key);
  if (known !== undefined) return json({ ...known, idempotent_hit: true });
  const id = crypto.randomUUID();
  // The platform does this after its answer; here it is done first, so that nothing goes on in the background.
  const outcome = await run(call, from, targetId, id, task);
  if (key !== "") {
    const { status } = outcome;
    from.delegations.set(key, {
      delegation_id: id,
      status,
      target_id: targetId,
    });
  }
  return json({
    delegation_id: id,
    status: "delegated",
    target_id: targetId,
  }, 202);
}

/** Sends the task and writes the two rows that the delegating workspace keeps of it. */
async function run(
  call: Call,
  from: Workspace,
  targetId: string,
  id: string,
  task: string,
): Promise<Outcome> {
  const row = from.feed.insert({
    activity_type: "delegation",
    source_id: from.id,
    target_id: targetId,
    method: "delegate",
    summary: `Delegating to ${targetId}`,
    request_body: { task, delegation_id: id },
    response_body: { delegation_id: id },
    status: "pending",
  }).row;
  const outcome = await send(call, from, targetId, id, task);
  from.feed.stamp(row.id, { status: outcome.status });
  record(call, from, targetId, id, outcome);
  return outcome;
}

async function send(
  call: Call,
  from: Workspace,
  targetId: string,
  id: string,
  task: string,
): Promise<Outcome> {
  const target = call.world.workspace(targetId);
  if (target === undefined || !call.world.mayTalk(from, target)) {
    const text =
      "access denied: workspaces cannot communicate per hierarchy rules";
    return { status: "failed", text };
  }
  const envelope = normalise(
    envelopeOf(task, { messageId: id, metadata: { delegation_id: id } }),
    "peer",
    target.id,
  );
  const { response } = await deliver(
    call.world,
    target,
    envelope,
    from.id,
    "peer",
  );
  const text = await response.text();
  return { status: response.ok ? "completed" : "failed", text };
}

/** The row of a result, and its event. */
function record(
  call: Call,
  from: Workspace,
  targetId: string | null,
  id: string,
  { status, text }: Outcome,
): void {
  from.feed.insert({
    activity_type: "delegation",
    source_id: from.id,
    target_id: targetId,
    method: "delegate_result",
    summary: `Delegation ${status} (${text.slice(0, PREVIEW_CHARS)})`,
    response_body: { text, delegation_id: id },
    status,
  });
  const event = status === "completed" ? "COMPLETE" : "FAILED";
  call.world.events.emit(from.id, `DELEGATION_${event}`, {
    delegation_id: id,
    target_id: targetId,
  });
}

function list(call: Call): Response {
  requireToken(call, call.params.id ?? "");
  const rows = pathWorkspace(call).feed.read({
    limit: LISTED,
    matches: (row) => row.activity_type === "delegation",
  }) ?? [];
  return json(rows.map(entry));
}

function entry(row: ActivityRow): Record<string, unknown> {
  const body = asObject(row.response_body) ?? {};
  const id = asString(body.delegation_id);
  const preview = row.method === "delegate"
    ? `{"delegation_id": "${id}"}`
    : asString(body.text);
  return {
    id: row.id,
    type: "delegation",
    delegation_id: id,
    direction: "sent",
    source_id: row.source_id,
    target_id: row.target_id,
    summary: row.summary,
    status: row.status,
    response_preview: preview.slice(0, PREVIEW_CHARS),
    created_at: row.created_at,
  };
}

/** For the workspace that made the delegation only; whoever received it has no token for this path. */
function update(call: Call): Response {
  requireToken(call, call.params.id ?? "");
  const from = pathWorkspace(call);
  const body = parseFields(call.request.text, {
    status: "string",
    response_preview: "string",
    error: "string",
  });
  const status = body?.status;
  if (status !== "completed" && status !== "failed") {
    throw new Refusal(400, "status must be 'completed' or 'failed'");
  }
  const text = asString(body?.response_preview) || asString(body?.error);
  record(call, from, null, call.params.delegationId ?? "", { status, text });
  return json({ status });
}
