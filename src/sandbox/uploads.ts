/**
 * Files that wait to be fetched, and their rows.
 *
 * @module
 */
import type { Workspace } from "./workspace.ts";
import type { World } from "./world.ts";
import { rfc3339 } from "./clock.ts";

/** How long a file can be fetched after its upload. */
const LIFE_MS = 24 * 3600 * 1000;

/** A file that was uploaded. */
export interface StagedFile {
  /** Its id, a UUID. */
  readonly id: string;
  /** Whose file it is. */
  readonly workspaceId: string;
  /** Its name, made plain. */
  readonly name: string;
  /** Its MIME type, without parameters. */
  readonly mimeType: string;
  /** Its bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Until when it can be fetched, in milliseconds since 1970. */
  readonly expiresMs: number;
  /** Whether its receiver called it handled. */
  acked: boolean;
}

/** A file to upload. */
export interface NewFile {
  /** Its name, as the sender gives it. */
  readonly name: string;
  /** Its MIME type. */
  readonly mimeType: string;
  /** Its bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The address of a file. */
export function uriOf(file: StagedFile): string {
  return `platform-pending:${file.workspaceId}/${file.id}`;
}

/** Keeps the files of one upload and writes their rows, which share one time. */
export function stageFiles(
  world: World,
  workspace: Workspace,
  files: readonly NewFile[],
): StagedFile[] {
  const createdAt = rfc3339(world.clock.rowMicros());
  return files.map((given) => {
    const file: StagedFile = {
      id: crypto.randomUUID(),
      workspaceId: workspace.id,
      name: plainName(given.name),
      mimeType: (given.mimeType.split(";")[0] ?? "").trim(),
      bytes: given.bytes,
      expiresMs: world.clock.nowMs() + LIFE_MS,
      acked: false,
    };
    world.files.set(file.id, file);
    const row = {
      source_id: null,
      target_id: workspace.id,
      method: "chat_upload_receive",
      summary: `chat_upload_receive: ${file.name}`,
      request_body: {
        file_id: file.id,
        name: file.name,
        mimeType: file.mimeType,
        size: file.bytes.length,
        uri: uriOf(file),
      },
    };
    workspace.feed.insert({ ...row, created_at: createdAt }, {
      onVisible() {
        world.events.emit(workspace.id, "ACTIVITY_LOGGED", {
          activity_type: "a2a_receive",
          duration_ms: null,
          status: "ok",
          ...row,
        });
        world.changes.notify();
      },
    });
    return file;
  });
}

/** The last segment of a name, in letters that are safe anywhere. */
function plainName(name: string): string {
  const base = name.split(/[/\\]/).at(-1) ?? "";
  return [...base].map((char) => /[A-Za-z0-9._-]/.test(char) ? char : "_")
    .join("").slice(0, 100);
}
