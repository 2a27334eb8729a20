/**
 * `POST /registry/register` and `POST /registry/update-card`.
 *
 * @module
 */
import { json, Refusal } from "../answer.ts";
import { requireGate } from "../auth.ts";
import { clean } from "../envelope.ts";
import { asObject, asString } from "../message.ts";
import { whyBlocked } from "../push_url.ts";
import { type Call, type Route, route } from "../router.ts";
import { parseFields, plain } from "../strict_json.ts";
import { randomToken } from "../tokens.ts";
import type { DeliveryMode, Workspace } from "../workspace.ts";
import { isUuid } from "../world.ts";

/** A development address that register in poll mode never overwrites: loopback, no path, not port 8000. */
const STICKY_URL = /^http:\/\/(127\.0\.0\.1|localhost):(?!8000$)\d+$/;

/** The routes of this file. */
export const registerRoutes: readonly Route[] = [
  route("POST", "/registry/register", "register", register),
  route("POST", "/registry/update-card", "update-card", updateCard),
];

function register(call: Call): Response {
  const { world, request } = call;
  const body = parseFields(request.text, {
    id: "string",
    agent_card: "any",
    delivery_mode: "string",
    url: "string",
    kind: "string",
    mcp_server_present: "boolean",
  });
  const id = asString(body?.id);
  if (body === undefined || id === "" || body.agent_card === undefined) {
    throw new Refusal(400, "invalid request body");
  }
  const wish = asString(body.delivery_mode);
  if (!["", "push", "poll"].includes(wish)) {
    throw new Refusal(400, "delivery_mode must be 'push' or 'poll'");
  }
  const kind = asString(body.kind);
  if (!["", "workspace", "platform"].includes(kind)) {
    throw new Refusal(400, "kind must be 'workspace' or 'platform'");
  }
  if (!isUuid(id)) throw new Refusal(500, "registration failed");
  requireGate(call, id);
  const known = world.workspace(id);
  const mode = (wish || known?.deliveryMode || "push") as DeliveryMode;
  const url = asString(body.url);
  try {
    checkAfterBearer(kind, mode, url, body.agent_card);
  } catch (error) {
    if (known !== undefined) known.registerFailedMs = world.clock.nowMs();
    throw error;
  }
  // An id that nobody knows is created: a ghost with a hosted runtime and no parent.
  const workspace = known ?? world.create({
    id,
    name: id.toLowerCase(),
    parentId: null,
    runtime: "hermes",
  });
  const token = world.gateClosed(workspace.id)
    ? undefined
    : world.tokens.mint(workspace.id, "instance", world.clock.nowMs());
  if (!workspace.removed && !workspace.asleep) {
    accept(call, workspace, mode, url, plain(body.agent_card));
  }
  world.registrations.add(workspace.id, request.json);
  return json({
    status: "registered",
    delivery_mode: mode,
    ...(token === undefined ? {} : { auth_token: token }),
    platform_inbound_secret: workspace.removed
      ? randomToken()
      : workspace.inboundSecret,
  });
}

/** The checks whose failure marks the workspace. */
function checkAfterBearer(
  kind: string,
  mode: DeliveryMode,
  url: string,
  card: unknown,
): void {
  if (kind === "platform") {
    throw new Refusal(
      403,
      "kind='platform' may only be assigned by the platform-agent install path",
    );
  }
  if (mode === "poll") return;
  const cardUrl = asString(asObject(card)?.url);
  const endpoint = url || cardUrl;
  if (endpoint === "") {
    throw new Refusal(400, "url is required for push-mode workspaces");
  }
  const why = whyBlocked(endpoint);
  if (why !== undefined) throw new Refusal(400, why);
  if (cardUrl !== "" && whyBlocked(cardUrl) !== undefined) {
    throw new Refusal(400, "workspace agent_card URL not allowed");
  }
}

/** Stores what register gave and lifts the workspace to online. */
function accept(
  call: Call,
  workspace: Workspace,
  mode: DeliveryMode,
  url: string,
  card: unknown,
): void {
  const { world } = call;
  workspace.deliveryMode = mode;
  const wanted = url ||
    (mode === "push" ? asString(asObject(card)?.url) : "");
  if (!STICKY_URL.test(workspace.url)) workspace.url = wanted;
  workspace.agentCard = filled(workspace, clean(card).value);
  workspace.status = "online";
  workspace.lastHeartbeatMs = world.clock.nowMs();
  workspace.registerFailedMs = undefined;
  world.events.emit(workspace.id, "WORKSPACE_ONLINE", {
    agent_card: workspace.agentCard,
    delivery_mode: mode,
    url: workspace.url,
  });
}

/** The card with blank fields filled from the operator's words. */
function filled(workspace: Workspace, card: unknown): unknown {
  const fields = asObject(card);
  if (fields === undefined) return card;
  const name = asString(fields.name) || workspace.name;
  const role = asString(fields.role) || workspace.role;
  return {
    ...fields,
    name,
    description: asString(fields.description) || name,
    ...(role === null ? {} : { role }),
  };
}

function updateCard(call: Call): Response {
  const body = parseFields(call.request.text, {
    workspace_id: "string",
    agent_card: "any",
  });
  const id = asString(body?.workspace_id);
  if (body === undefined || id === "" || body.agent_card === undefined) {
    throw new Refusal(400, "invalid request body");
  }
  requireGate(call, id);
  const url = asString(asObject(body.agent_card)?.url);
  if (url !== "" && whyBlocked(url) !== undefined) {
    throw new Refusal(400, "workspace URL not allowed");
  }
  const workspace = call.world.workspace(id);
  if (workspace !== undefined) {
    workspace.agentCard = clean(plain(body.agent_card)).value;
    call.world.events.emit(workspace.id, "AGENT_CARD_UPDATED", {
      agent_card: workspace.agentCard,
    });
  }
  return json({ status: "updated" });
}
