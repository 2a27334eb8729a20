/**
 * What `include=peer_info` adds to a row.
 *
 * @module
 */
import { asObject, asString, messageOf } from "./message.ts";
import type { ActivityRow } from "./row.ts";
import type { World } from "./world.ts";

/** The kinds of parts that count as attachments. */
const FILE_KINDS = ["file", "image", "audio", "video"];

/** The row with its sender's name, role and card address, and its attachments. */
export function withPeerInfo(
  row: ActivityRow,
  world: World,
): Record<string, unknown> {
  const peer = world.workspace(row.source_id ?? "");
  const attachments = attachmentsOf(row.request_body);
  return {
    ...row,
    ...(row.source_id === null ? {} : {
      agent_card_url: `${world.server.url}/registry/discover/${row.source_id}`,
    }),
    ...(peer === undefined ? {} : { peer_name: peer.name }),
    ...(peer?.role ? { peer_role: peer.role } : {}),
    ...(attachments.length === 0 ? {} : { attachments }),
  };
}

function attachmentsOf(body: unknown): Record<string, string>[] {
  const envelope = asObject(body) ?? {};
  if ("file_id" in envelope) {
    const type = asString(envelope.mimeType);
    const family = type.split("/")[0] ?? "";
    const kind = FILE_KINDS.includes(family) ? family : "file";
    return [attachment(kind, envelope, type)];
  }
  const parts = messageOf(envelope)?.parts;
  return (Array.isArray(parts) ? parts : []).flatMap((part) => {
    const fields = asObject(part) ?? {};
    const kind = asString(fields.kind);
    const file = asObject(fields.file) ?? fields;
    // Only the snake-case key is read here: files from the web chat come without a type.
    const made = attachment(kind, file, asString(file.mime_type));
    return FILE_KINDS.includes(kind) && (made.uri ?? made.name) !== undefined
      ? [made]
      : [];
  });
}

function attachment(
  kind: string,
  file: Record<string, unknown>,
  type: string,
): Record<string, string> {
  const uri = asString(file.uri);
  const name = asString(file.name);
  return {
    kind,
    ...(uri === "" ? {} : { uri }),
    ...(type === "" ? {} : { mime_type: type }),
    ...(name === "" ? {} : { name }),
  };
}
