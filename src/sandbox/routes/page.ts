/**
 * The chat page: its files, and what it asks for beyond what a connector does.
 *
 * @module
 */
import { json } from "../answer.ts";
import { requireAdmin } from "../auth.ts";
import { PAGE_FILES, type PageFile } from "../page/files.ts";
import { type Call, type Route, route } from "../router.ts";
import type { Workspace } from "../workspace.ts";

/** Nothing from elsewhere, nothing inline, in no frame. Pictures of the chat are blobs. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The routes of this file. The files are open to everybody: there is nothing of the platform's state in them. */
export const pageRoutes: readonly Route[] = [
  ...PAGE_FILES.map((file) =>
    route("GET", file.path, "page", () => serve(file))
  ),
  route("GET", "/workspaces", "page", list),
  route("GET", "/events/stream", "page", events),
];

function serve({ body, contentType }: PageFile): Response {
  return new Response(body, {
    headers: {
      "content-type": contentType,
      "content-security-policy": POLICY,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
    },
  });
}

/** What the list of the web chat shows of every workspace. */
function list(call: Call): Response {
  requireAdmin(call);
  const { world } = call;
  const live = [...world.workspaces.keys()]
    .flatMap((id) => world.workspace(id) ?? [])
    .filter((workspace) => workspace !== world.root && !workspace.removed);
  return json(live.map(view));
}

function view(workspace: Workspace): Record<string, unknown> {
  const { load } = workspace;
  return {
    id: workspace.id,
    name: workspace.name,
    role: workspace.role,
    status: workspace.status,
    agent_card: workspace.agentCard,
    active_tasks: load.activeTasks,
    current_task: load.currentTask,
    last_sample_error: load.sampleError,
  };
}

/** The events of every workspace, as one stream: a browser opens few connections to one host. */
function events(call: Call): Response {
  requireAdmin(call);
  return new Response(call.world.events.openAll(), {
    headers: { "content-type": "text/event-stream" },
  });
}
