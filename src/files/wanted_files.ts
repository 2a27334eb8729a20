/** Which files a message brings, and where each one is to be had. */
import type { FilePart, Part } from "../a2a/part.ts";
import { canonicalId } from "../uuid.ts";
import { toldType, typeByEnding } from "./mime_type.ts";
import { safeName, UniqueNames } from "./safe_name.ts";

/** One message brings no more files than this; the names of the others are not even listed. */
const MAX_FILES = 100;

/** Where a file is to be had. */
export type Source =
  /** In the message itself, in base64. */
  | { readonly is: "inline"; readonly bytes: string }
  /** An upload that waits on the platform for this workspace. */
  | { readonly is: "upload"; readonly id: string }
  /** On the web. */
  | { readonly is: "web"; readonly url: string }
  /** Nowhere. */
  | { readonly is: "nowhere"; readonly reason: string };

/** A file of a message. */
export interface WantedFile {
  /** A safe name that no other file of the message has: the same one in every run. */
  readonly name: string;
  /** The MIME type that the message tells, or that the name's ending stands for; undefined where neither does. */
  readonly mimeType: string | undefined;
  /** Its size as the message tells it. */
  readonly toldSize: number;
  readonly source: Source;
}

function sourceOf({ file }: FilePart, workspaceId: string): Source {
  const { bytes = "", uri = "" } = file;
  if (bytes !== "" || (uri === "" && file.bytes !== undefined)) {
    return { is: "inline", bytes };
  }
  if (uri === "") return { is: "nowhere", reason: "without content" };
  const upload = /^platform-pending:([^/]+)\/([^/?#]+)$/.exec(uri);
  if (upload !== null && canonicalId(upload[1]!) === canonicalId(workspaceId)) {
    return { is: "upload", id: upload[2]! };
  }
  // The platform gives them to nobody but that workspace.
  if (upload !== null || uri.startsWith("workspace:")) {
    return { is: "nowhere", reason: "of another workspace" };
  }
  return { is: "web", url: uri };
}

/** The name that an address ends with. */
function nameInUrl(url: string): string | undefined {
  const last = URL.canParse(url)
    ? new URL(url).pathname.split("/").at(-1)!
    : "";
  try {
    return decodeURIComponent(last);
  } catch {
    return last; // no percent-encoding
  }
}

/** The files that the parts of a message stand for, in order. */
export function wantedFiles(
  parts: readonly Part[],
  workspaceId: string,
): WantedFile[] {
  const names = new UniqueNames();
  const files = parts.filter((part) => part.kind === "file");
  const wanted = files.slice(0, MAX_FILES).map((part): WantedFile => {
    const source = sourceOf(part, workspaceId);
    const given = part.file.name ||
      (source.is === "web" ? nameInUrl(source.url) : undefined);
    const name = names.next(safeName(given));
    return {
      name,
      mimeType: toldType(part.file.mimeType) ?? typeByEnding(name),
      toldSize: part.file.size ?? 0,
      source,
    };
  });
  const more = files.length - wanted.length;
  if (more > 0) {
    const source = { is: "nowhere", reason: "too many files" } as const;
    const name = `${more} more`;
    wanted.push({ name, mimeType: undefined, toldSize: 0, source });
  }
  return wanted;
}
