/**
 * Calls a push workspace and turns its answer into the sender's.
 *
 * @module
 */
import { a2aJson, json } from "./answer.ts";
import type { Envelope } from "./envelope.ts";
import { asObject, asString } from "./message.ts";
import type { ActivityRow } from "./row.ts";
import type { Workspace } from "./workspace.ts";
import type { World } from "./world.ts";

/** Calls the agent of `target` and stamps the outcome on `row`. */
export async function push(
  world: World,
  target: Workspace,
  envelope: Envelope,
  row: ActivityRow,
): Promise<Response> {
  if (target.url === "") return queued();
  const began = world.clock.nowMs();
  let status: number;
  let text: string;
  let retryAfter: string | null;
  try {
    const answer = await fetch(target.url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${target.inboundSecret}`,
      },
      body: JSON.stringify(envelope.body),
      redirect: "manual",
      signal: world.server.down,
    });
    status = answer.status;
    retryAfter = answer.headers.get("retry-after");
    text = await answer.text();
  } catch (error) {
    stampFailure(world, target, row, began, String(error));
    // A call that was cut once it was open may have reached the agent: the platform queues it, and calls again.
    return wasRefused(error)
      ? json({ error: "failed to reach workspace agent" }, 502)
      : queued();
  }
  const body = parse(text);
  if (status >= 300) {
    const error = asString(asObject(body)?.error) || statusText(status);
    stampFailure(world, target, row, began, error);
    return json(
      { error },
      status,
      retryAfter === null ? {} : { "retry-after": retryAfter },
    );
  }
  stamp(world, target, row, {
    duration_ms: Math.round(world.clock.nowMs() - began),
    response_body: body ?? null,
  });
  return text === ""
    ? a2aJson({ error: "agent returned empty response body" }, status)
    : new Response(text, {
      status,
      headers: { "content-type": "application/json" },
    });
}

function stamp(
  world: World,
  target: Workspace,
  row: ActivityRow,
  fields: Partial<ActivityRow>,
): void {
  target.feed.stamp(row.id, fields);
  world.changes.notify();
}

function stampFailure(
  world: World,
  target: Workspace,
  row: ActivityRow,
  began: number,
  detail: string,
): void {
  stamp(world, target, row, {
    status: "error",
    error_detail: detail,
    duration_ms: Math.round(world.clock.nowMs() - began),
  });
}

/** The answer while an agent is busy; the sandbox keeps no queue, so such a message is not delivered later. */
function queued(): Response {
  return a2aJson({
    queued: true,
    queue_id: crypto.randomUUID(),
    queue_depth: 1,
    message:
      "workspace agent busy — request queued, will dispatch when capacity available",
  }, 202);
}

/** Whether nobody was listening, so that the agent cannot have seen the message. */
function wasRefused(error: unknown): boolean {
  const texts: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) {
    texts.push(at.message);
  }
  return /client error \(Connect\)|are blocked|invalid url/i.test(
    texts.join(" "),
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function statusText(status: number): string {
  const texts: Record<number, string> = {
    301: "Moved Permanently",
    302: "Found",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    410: "Gone",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
  };
  return texts[status] ?? `status code ${status}`;
}
