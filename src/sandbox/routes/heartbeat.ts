/**
 * `POST /registry/heartbeat`.
 *
 * @module
 */
import { json, Refusal } from "../answer.ts";
import { requireGate } from "../auth.ts";
import { clean } from "../envelope.ts";
import { asObject, asString } from "../message.ts";
import { type Call, type Route, route } from "../router.ts";
import { checkFields, parseFields, plain } from "../strict_json.ts";
import { randomToken } from "../tokens.ts";
import type { Workspace } from "../workspace.ts";
import { isUuid } from "../world.ts";

/** The largest integer that the platform's columns hold. */
const MAX_INT32 = 2 ** 31 - 1;

/** An error rate from here on degrades. */
const DEGRADED_FROM = 0.5;

/** An error rate below this is one condition of recovery. */
const HEALTHY_BELOW = 0.1;

/** The routes of this file. */
export const heartbeatRoutes: readonly Route[] = [
  route("POST", "/registry/heartbeat", "heartbeat", heartbeat),
];

function heartbeat(call: Call): Response {
  const { world, request } = call;
  const beat = parseBeat(request.text);
  const id = asString(beat?.workspace_id);
  if (beat === undefined || id === "") {
    throw new Refusal(400, "invalid request body");
  }
  if (!isUuid(id)) throw new Refusal(500, "failed to update");
  requireGate(call, id);
  const integers = [beat.active_tasks, beat.uptime_seconds];
  if (
    integers.some((value) => Math.abs(Number(value ?? 0)) > MAX_INT32) ||
    clean(beat).hasNul
  ) throw new Refusal(500, "failed to update");
  const workspace = world.workspace(id);
  const live = workspace !== undefined && !workspace.removed;
  if (live) {
    store(call, workspace, beat);
    move(workspace, beat, world.clock.nowMs());
    // A beat that asked for this applies it from the next one on.
    workspace.managesStatus =
      asObject(asObject(beat.runtime_metadata)?.capabilities)?.status_mgmt ===
        true;
    world.heartbeats.add(workspace.id, beat);
  }
  return json({
    status: "ok",
    generation: 0,
    // For a workspace that nobody knows the secret is new each time.
    platform_inbound_secret: live ? workspace.inboundSecret : randomToken(),
  });
}

/** The fields that the platform reads, or undefined where one has a wrong type. */
function parseBeat(text: string): Record<string, unknown> | undefined {
  const beat = parseFields(text, {
    workspace_id: "string",
    error_rate: "number",
    sample_error: "string",
    active_tasks: "integer",
    is_busy: "boolean",
    current_task: "string",
    uptime_seconds: "integer",
    runtime_state: "string",
    monthly_spend: "integer",
    agent_card: "any",
    runtime_metadata: "object",
    observed_generation: "integer",
  });
  if (beat?.runtime_metadata !== undefined) {
    const metadata = checkFields(beat.runtime_metadata, {
      capabilities: "object",
      idle_timeout_seconds: "integer",
    });
    if (metadata === undefined) return undefined;
  }
  return beat === undefined ? undefined : plain(beat) as typeof beat;
}

function store(
  call: Call,
  workspace: Workspace,
  beat: Record<string, unknown>,
): void {
  const taskBefore = workspace.load.currentTask;
  workspace.lastHeartbeatMs = call.world.clock.nowMs();
  workspace.load = {
    activeTasks: Number(beat.active_tasks ?? 0),
    errorRate: Number(beat.error_rate ?? 0),
    sampleError: asString(beat.sample_error),
    uptimeSeconds: Number(beat.uptime_seconds ?? 0),
    currentTask: asString(beat.current_task),
    monthlySpend: Number(beat.monthly_spend ?? 0) ||
      workspace.load.monthlySpend,
  };
  const { activeTasks, currentTask, uptimeSeconds } = workspace.load;
  call.world.events.emit(workspace.id, "WORKSPACE_HEARTBEAT", {
    active_tasks: activeTasks,
    uptime_seconds: uptimeSeconds,
  });
  if (currentTask !== taskBefore) {
    call.world.events.emit(workspace.id, "TASK_UPDATED", {
      current_task: currentTask,
      active_tasks: activeTasks,
    });
  }
  if (asObject(beat.agent_card) !== undefined) {
    workspace.agentCard ??= beat.agent_card;
    workspace.registerFailedMs = undefined;
  }
}

/** Moves the workspace's state on. */
function move(
  workspace: Workspace,
  beat: Record<string, unknown>,
  nowMs: number,
): void {
  const runtimeState = asString(beat.runtime_state);
  const { errorRate } = workspace.load;
  workspace.wedged = runtimeState === "wedged";
  const failedLately = workspace.registerFailedLately(nowMs);
  switch (workspace.status) {
    case "offline":
    case "awaiting_agent":
    case "failed":
    case "provisioning":
      workspace.status = "online";
      return;
    case "online":
      if (
        workspace.wedged || failedLately ||
        (errorRate >= DEGRADED_FROM && !workspace.managesStatus)
      ) workspace.status = "degraded";
      return;
    case "degraded":
      if (
        errorRate < HEALTHY_BELOW && runtimeState === "" && !failedLately &&
        !workspace.managesStatus
      ) workspace.status = "online";
  }
}
