/**
 * Files: `POST /workspaces/:id/chat/uploads`, `…/pending-uploads/:fileId/content` and `/ack`, `GET /uploads/limits`.
 *
 * @module
 */
import { json, Refusal } from "../answer.ts";
import { pathWorkspace, requireToken } from "../auth.ts";
import { parseFileParts } from "../multipart.ts";
import { type Call, type Route, route } from "../router.ts";
import {
  type NewFile,
  type StagedFile,
  stageFiles,
  uriOf,
} from "../uploads.ts";
import { isUuid } from "../world.ts";

const MAX_REQUEST_BYTES = 100 * 1024 * 1024;
const MAX_FILES = 64;

/** The routes of this file. */
export const uploadRoutes: readonly Route[] = [
  route("GET", "/uploads/limits", "limits", limits),
  route("POST", "/workspaces/:id/chat/uploads", "uploads", upload),
  route(
    "GET",
    "/workspaces/:id/pending-uploads/:fileId/content",
    "download",
    download,
  ),
  route(
    "POST",
    "/workspaces/:id/pending-uploads/:fileId/ack",
    "download-ack",
    ack,
  ),
];

function limits(): Response {
  return json({
    per_file_bytes: MAX_REQUEST_BYTES,
    per_request_bytes: MAX_REQUEST_BYTES,
    max_attachments_per_message: 10,
  });
}

function upload(call: Call): Response {
  requireToken(call, call.params.id ?? "");
  const workspace = pathWorkspace(call);
  if (workspace.deliveryMode === "push") {
    // The platform would hand the file to the agent's own upload address, which the sandbox does not.
    throw new Refusal(502, "workspace unreachable");
  }
  const files = parseFiles(call);
  const staged = stageFiles(call.world, workspace, files);
  return json({
    files: staged.map((file) => ({
      uri: uriOf(file),
      name: file.name,
      mimeType: file.mimeType,
      size: file.bytes.length,
    })),
  });
}

function parseFiles(call: Call): NewFile[] {
  const { bytes, headers } = call.request;
  const parts = bytes.length > MAX_REQUEST_BYTES
    ? undefined
    : parseFileParts(bytes, headers.get("content-type") ?? "");
  if (parts === undefined) throw new Refusal(400, "malformed multipart body");
  const files = parts.filter((part) => part.field === "files");
  if (files.length === 0) throw new Refusal(400, "no files field in request");
  if (files.length > MAX_FILES) {
    throw new Refusal(400, `too many files (limit ${MAX_FILES})`);
  }
  // One empty file fails the good ones beside it as well.
  if (files.some((file) => file.bytes.length === 0)) {
    throw new Refusal(500, "could not stage files");
  }
  return files;
}

function download(call: Call): Response {
  const file = find(call, "pending upload not found or expired");
  return new Response(file.bytes, {
    headers: {
      "content-type": file.mimeType || "application/octet-stream",
      "content-disposition":
        `attachment; filename="${file.name}"; filename*=UTF-8''${file.name}`,
    },
  });
}

function ack(call: Call): Response {
  const file = find(
    call,
    "pending upload not found, expired, or already acked",
  );
  file.acked = true;
  return json({ acked: true });
}

/** The file in the path; `gone` is said of one that is not there. */
function find(call: Call, gone: string): StagedFile {
  const { id = "", fileId = "" } = call.params;
  requireToken(call, id);
  if (!isUuid(fileId)) throw new Refusal(400, "invalid file_id");
  const file = call.world.files.get(fileId.toLowerCase());
  if (file === undefined || file.expiresMs < call.world.clock.nowMs()) {
    throw new Refusal(404, gone);
  }
  if (file.workspaceId !== id.toLowerCase()) {
    throw new Refusal(404, "pending upload not found");
  }
  return file;
}
