/**
 * The feed: `GET` and `POST /workspaces/:id/activity`, `POST …/activity/ack`.
 *
 * @module
 */
import { json, Refusal } from "../answer.ts";
import { requireToken } from "../auth.ts";
import { clean } from "../envelope.ts";
import { asString } from "../message.ts";
import { parseFeedQuery, wantsPeerInfo } from "../feed_query.ts";
import { type Call, type Route, route } from "../router.ts";
import { withPeerInfo } from "../row_view.ts";
import { parseFields, plain } from "../strict_json.ts";
import { isUuid } from "../world.ts";

const LOGGED_TYPES = [
  "a2a_send",
  "a2a_receive",
  "task_update",
  "agent_log",
  "skill_promotion",
  "memory_write",
  "error",
];

/** What a lost cursor is told. */
const CURSOR_LOST =
  "since_id cursor not found (row may have been pruned or belongs to a different workspace); omit since_id to reset";

/** The routes of this file. */
export const activityRoutes: readonly Route[] = [
  route("GET", "/workspaces/:id/activity", "activity", read),
  route("POST", "/workspaces/:id/activity", "log", log),
  route("POST", "/workspaces/:id/activity/ack", "ack", ack),
];

function read(call: Call): Response {
  const { world, request } = call;
  const id = call.params.id ?? "";
  requireToken(call, id);
  if (!isUuid(id)) throw new Refusal(500, "query failed");
  const query = parseFeedQuery(request.query, world.clock.nowMs());
  const workspace = world.workspace(id);
  if (query.sinceId !== undefined && !isUuid(query.sinceId)) {
    throw new Refusal(500, "cursor lookup failed");
  }
  const rows = workspace === undefined
    ? query.sinceId === undefined ? [] : undefined
    : workspace.feed.read(query);
  if (rows === undefined) throw new Refusal(410, CURSOR_LOST);
  return json(
    wantsPeerInfo(request.query)
      ? rows.map((row) => withPeerInfo(row, world))
      : rows,
  );
}

function log(call: Call): Response {
  const { world, request } = call;
  const id = (call.params.id ?? "").toLowerCase();
  requireToken(call, id);
  const body = parseFields(request.text, {
    activity_type: "string",
    method: "string",
    summary: "string",
    target_id: "string",
    source_id: "string",
    status: "string",
    error_detail: "string",
    duration_ms: "integer",
    request_body: "any",
    response_body: "any",
    metadata: "any",
  });
  if (body === undefined) throw new Refusal(400, "invalid request body");
  if (!LOGGED_TYPES.includes(asString(body.activity_type))) {
    throw new Refusal(
      400,
      `invalid activity_type, must be one of: ${LOGGED_TYPES.join(", ")}`,
    );
  }
  const source = asString(body.source_id);
  if (source !== "" && source.toLowerCase() !== id) {
    throw new Refusal(403, "source_id must match authenticated workspace");
  }
  const workspace = world.workspace(id);
  const cleaned = clean(plain(body));
  const fields = cleaned.value as Record<string, unknown>;
  const target = asString(fields.target_id);
  // The store cannot keep such a row; the answer is the same.
  const lost = cleaned.hasNul || (target !== "" && !isUuid(target));
  if (workspace === undefined || lost) return json({ status: "logged" });
  const requestBody = fields.request_body ?? fields.metadata;
  const row = {
    activity_type: asString(fields.activity_type),
    source_id: id,
    target_id: target || null,
    method: (fields.method ?? null) as string | null,
    summary: (fields.summary ?? null) as string | null,
    status: asString(fields.status) || "ok",
    error_detail: (fields.error_detail ?? null) as string | null,
    duration_ms: (fields.duration_ms ?? null) as number | null,
    ...(requestBody === undefined ? {} : { request_body: requestBody }),
    ...(fields.response_body === undefined
      ? {}
      : { response_body: fields.response_body }),
  };
  workspace.feed.insert(row, {
    onVisible: () => world.events.emit(id, "ACTIVITY_LOGGED", row),
  });
  return json({ status: "logged" });
}

function ack(call: Call): Response {
  const id = call.params.id ?? "";
  requireToken(call, id);
  const body = parseFields(call.request.text, { acked_seq: "integer" });
  const seq = body?.acked_seq;
  if (typeof seq !== "number") throw new Refusal(400, "acked_seq is required");
  if (seq < 0) throw new Refusal(400, "acked_seq must be >= 0");
  const workspace = call.world.workspace(id);
  if (workspace === undefined) throw new Refusal(404, "workspace not found");
  workspace.ackedSeq = Math.max(workspace.ackedSeq, seq);
  return json({ last_acked_seq: workspace.ackedSeq });
}
