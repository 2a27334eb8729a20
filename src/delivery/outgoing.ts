/** What of an answer can be sent to whoever asked, by which steps; what cannot is said in the text, never left out. */
import { base64Bytes } from "../a2a/base64.ts";
import { textOf } from "../a2a/message.ts";
import type { FilePart, Metadata, Part } from "../a2a/part.ts";
import type { Origin } from "../backends/backend.ts";
import type { OutboxStep } from "../state/state.ts";

/** One upload takes so many files. */
const MAX_FILES = 64;
/** So many bytes of files go to a person with one answer: the platform takes 100 MiB, but they stand in memory here. */
const MAX_FILE_BYTES = 32 * 1024 * 1024;
/** A message to a peer is at most so many bytes of JSON: the platform takes 16 MiB, after its own escaping. */
const MAX_PEER_BYTES = 11 * 1024 * 1024;

/** How many bytes of files an answer can take along, at most. */
export function mostFileBytes(origin: Origin): number {
  switch (origin) {
    case "canvas":
      return MAX_FILE_BYTES;
    case "peer":
      return Math.floor(MAX_PEER_BYTES / 4) * 3; // base64
    case "channel":
      return 0;
  }
}

/** An answer as it is saved and sent. */
export interface Outgoing {
  readonly steps: readonly OutboxStep[];
  readonly parts: readonly Part[];
  /** How many data parts were left out, which can only be sent to a peer. */
  readonly dataLeftOut: number;
}

const bytesOf = (value: unknown) =>
  new TextEncoder().encode(JSON.stringify(value)).byteLength;

/** The last segment of a file's name: what goes before it is nobody's business. */
export function fileName({ file }: FilePart): string {
  const name = file.name?.split(/[/\\]/).at(-1)?.replaceAll(/\s+/g, " ").trim();
  return name === undefined || name === "" ? "file" : name.slice(0, 100);
}

/** One honest sentence about files that did not come along. */
export function notAttached(names: readonly string[]): string {
  return `Could not be attached: ${names.join(", ")}.`;
}

/** A file without its bytes, as words. */
function inWords(part: FilePart): string {
  const { uri = "" } = part.file;
  return /^https?:\/\//i.test(uri)
    ? `${fileName(part)} (${uri})`
    : fileName(part);
}

const text = (words: string): Part => ({ kind: "text", text: words });

/** Whether a file, beside those before it, can be uploaded; an empty one would spoil the whole upload. */
function fits(part: FilePart, files: number, bytes: number): boolean {
  const size = base64Bytes(part.file.bytes ?? "");
  return size !== undefined && size > 0 && files < MAX_FILES &&
    bytes + size <= MAX_FILE_BYTES;
}

/** An answer to a person: texts and files with their bytes. */
export function toPerson(parts: readonly Part[]): Outgoing {
  const texts = parts.filter((part) => part.kind === "text");
  const files: FilePart[] = [];
  const left: FilePart[] = [];
  let bytes = 0;
  for (const part of parts) {
    if (part.kind !== "file") continue;
    if (fits(part, files.length, bytes)) {
      files.push(part);
      bytes += base64Bytes(part.file.bytes ?? "") ?? 0;
    } else left.push(part);
  }
  const shown: Part[] = [
    ...texts,
    ...(left.length === 0 ? [] : [text(notAttached(left.map(inWords)))]),
  ];
  // A bubble of files alone needs a text all the same.
  if (files.length > 0 && textOf(shown).trim() === "") {
    shown.push(text(files.map(fileName).join(", ")));
  }
  return {
    steps: files.length === 0 ? ["notify"] : ["upload", "notify"],
    parts: [...shown, ...files],
    dataLeftOut: parts.filter((part) => part.kind === "data").length,
  };
}

/** An answer to an outside channel: one text, in which files are named. */
export function toChannel(parts: readonly Part[]): Outgoing {
  const names = parts.flatMap((part) =>
    part.kind === "file" ? [inWords(part)] : []
  );
  return {
    steps: ["channel"],
    parts: [
      ...parts.filter((part) => part.kind === "text"),
      ...(names.length === 0 ? [] : [text(notAttached(names))]),
    ],
    dataLeftOut: parts.filter((part) => part.kind === "data").length,
  };
}

/** An answer to a peer: everything, but for files that make it too long, or that are a name and nothing else. */
export function toPeer(parts: readonly Part[], metadata: Metadata): Outgoing {
  const hasContent = ({ file }: FilePart) =>
    file.bytes !== undefined || file.uri !== undefined;
  const left = new Set<Part>(
    parts.filter((part) => part.kind === "file" && !hasContent(part)),
  );
  let size = bytesOf([parts, metadata]);
  const largestFirst = parts.filter((part) => part.kind === "file")
    .map((part) => ({ part, size: bytesOf(part) }))
    .sort((a, b) => b.size - a.size);
  for (const file of largestFirst) {
    if (size <= MAX_PEER_BYTES) break;
    left.add(file.part);
    size -= file.size;
  }
  const names = parts.flatMap((part) =>
    part.kind === "file" && left.has(part) ? [inWords(part)] : []
  );
  return {
    steps: ["a2a"],
    parts: [
      ...parts.filter((part) => !left.has(part)),
      ...(names.length === 0 ? [] : [text(notAttached(names))]),
    ],
    dataLeftOut: 0,
  };
}
