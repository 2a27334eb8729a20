/** What answers hold, read out. */
import { isHtml, isUnknownWorkspace, jsonObject } from "./answers.ts";
import type { Answer } from "./request.ts";
import type { LookUp, UploadedFile } from "./wire.ts";

/** The files that an upload's answer names; a wrong type in one would make the bubble be refused. */
export function readUploaded(files: unknown): UploadedFile[] {
  return (Array.isArray(files) ? files : []).flatMap((file) => {
    const { uri, name, mimeType, size } = Object(file);
    if (typeof uri !== "string" || typeof name !== "string") return [];
    if (uri === "" || name === "") return [];
    return [{
      uri,
      name,
      ...(typeof mimeType === "string" ? { mimeType } : {}),
      ...(Number.isSafeInteger(size) ? { size } : {}),
    }];
  });
}

/** What a look-up says. Anything but the platform's own JSON is no answer. */
export function readLookUp(answer: Answer): LookUp {
  const body = isHtml(answer) ? undefined : jsonObject(answer);
  if (answer.status === 200 && typeof body?.id === "string") {
    return { found: "yes", workspace: body };
  }
  if (isUnknownWorkspace(answer)) return { found: "unknown" };
  if (answer.status === 410 && body?.error === "workspace removed") {
    return { found: "removed" };
  }
  return { found: "not answered", status: answer.status };
}
