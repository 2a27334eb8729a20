/**
 * The way of a request through the sandbox: recorded, perhaps spoilt by a fault, then answered as the platform would.
 *
 * @module
 */
import { Refusal } from "./answer.ts";
import type { FaultBook } from "./fault_book.ts";
import { refuseOrigin, refuseTenant, type Tenant } from "./front.ts";
import type { RateLimiter } from "./rate_limit.ts";
import { RecordedRequest, type Recorder } from "./recorder.ts";
import { type Match, Router } from "./router.ts";
import { a2aRoutes } from "./routes/a2a.ts";
import { activityRoutes } from "./routes/activity.ts";
import { channelRoutes } from "./routes/channels.ts";
import { credentialRoutes } from "./routes/credentials.ts";
import { delegationRoutes } from "./routes/delegations.ts";
import { heartbeatRoutes } from "./routes/heartbeat.ts";
import { notifyRoutes } from "./routes/notify.ts";
import { pageRoutes } from "./routes/page.ts";
import { registerRoutes } from "./routes/register.ts";
import { registryRoutes } from "./routes/registry.ts";
import { streamRoutes } from "./routes/stream.ts";
import { uploadRoutes } from "./routes/uploads.ts";
import { workspaceRoutes } from "./routes/workspaces.ts";
import type { World } from "./world.ts";

const router = new Router([
  ...activityRoutes,
  ...heartbeatRoutes,
  ...a2aRoutes,
  ...notifyRoutes,
  ...channelRoutes,
  ...registerRoutes,
  ...registryRoutes,
  ...workspaceRoutes,
  ...credentialRoutes,
  ...uploadRoutes,
  ...streamRoutes,
  ...delegationRoutes,
  ...pageRoutes,
]);

/** What a request passes on its way. */
export interface Pipeline {
  /** The platform's state. */
  readonly world: World;
  /** Keeps the requests. */
  readonly recorder: Recorder;
  /** The faults in force. */
  readonly faults: FaultBook;
  /** The request limit. */
  readonly limiter: RateLimiter;
  /** The organisation that the server runs for, if it is for one only. */
  readonly tenant: Tenant | undefined;
}

/** Answers one request. */
export async function answer(
  pipeline: Pipeline,
  request: Request,
): Promise<Response> {
  const { world, recorder, faults } = pipeline;
  const url = new URL(request.url);
  const match = router.match(request.method, url.pathname);
  const recorded = new RecordedRequest({
    endpoint: match?.route.endpoint ?? "other",
    method: request.method,
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    bytes: request.body === null ? new Uint8Array() : await request.bytes(),
    timeMs: world.clock.nowMs(),
    workspaceId: match?.params.id ?? "",
  });
  recorder.add(recorded);
  world.changes.notify();
  const proceed = async () => {
    const response = await proper(pipeline, recorded, match);
    // What it did is done, even if a fault spoils the answer.
    world.changes.notify();
    return response;
  };
  const fault = faults.take(recorded);
  const response = fault === undefined
    ? await proceed()
    : await fault({ request: recorded, proceed, down: world.server.down });
  response.headers.set("date", world.clock.dateHeader());
  recorded.status = response.status;
  world.changes.notify();
  return response;
}

/** The platform's own answer. */
async function proper(
  pipeline: Pipeline,
  request: RecordedRequest,
  match: Match | undefined,
): Promise<Response> {
  const { world, limiter, tenant } = pipeline;
  const foreign = refuseOrigin(request.headers);
  if (foreign !== undefined) return foreign;
  const counted = limiter.count(request.headers, world.clock.nowMs());
  const response = counted.refusal ??
    refuseTenant(request.headers, request.path, tenant) ??
    await routed(world, request, match);
  for (const [name, value] of Object.entries(counted.headers)) {
    response.headers.set(name, value);
  }
  return response;
}

async function routed(
  world: World,
  request: RecordedRequest,
  match: Match | undefined,
): Promise<Response> {
  if (match === undefined) return unknownPath(request);
  try {
    return await match.route.handler({ world, request, params: match.params });
  } catch (error) {
    if (error instanceof Refusal) return error.response;
    throw error;
  }
}

/** A path with a slash too much is redirected, any other unknown one is 404 in plain text. */
function unknownPath({ method, path }: RecordedRequest): Response {
  const bare = path.slice(0, -1);
  if (path.endsWith("/") && router.match(method, bare) !== undefined) {
    return new Response(null, {
      status: method === "GET" ? 301 : 307,
      headers: { location: bare },
    });
  }
  return new Response("404 page not found", {
    status: 404,
    headers: { "content-type": "text/plain" },
  });
}
