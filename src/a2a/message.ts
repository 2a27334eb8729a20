/**
 * Reads the message out of a request body, tolerantly: servers and clients of every generation put it and its parts
 * in different places. Nothing here refuses; what cannot be read is absent.
 */
import type { FilePart, Metadata, Part } from "./part.ts";

type Loose = Readonly<Record<string, unknown>>;

/** What could be read of a message; absent strings are empty. */
export interface ParsedMessage {
  /** The sender's id. */
  readonly messageId: string;
  /** The conversation. */
  readonly contextId: string;
  /** The task. */
  readonly taskId: string;
  /** The parts in order. */
  readonly parts: readonly Part[];
  /** The text parts, joined by newlines. */
  readonly text: string;
  /** Metadata of the message. */
  readonly metadata: Metadata;
  /** Metadata of the request around it. */
  readonly requestMetadata: Metadata;
}

function object(value: unknown): Loose | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Loose
    : undefined;
}

function string(
  from: Loose | undefined,
  ...names: readonly string[]
): string | undefined {
  for (const name of names) {
    if (typeof from?.[name] === "string") return from[name];
  }
  return undefined;
}

/** Joins what is there, leaving out what is undefined. */
function compact<T extends object>(
  value: { [K in keyof T]: T[K] | undefined },
): T {
  return Object.fromEntries(
    Object.entries(value).filter(([, member]) => member !== undefined),
  ) as T;
}

function parseFile(part: Loose): FilePart {
  const file = object(part.file) ?? part;
  const size = file.size;
  return {
    kind: "file",
    file: compact<FilePart["file"]>({
      name: string(file, "name", "filename"),
      mimeType: string(
        file,
        "mimeType",
        "mime_type",
        "mediaType",
        "media_type",
      ),
      uri: string(file, "uri", "url", "fileWithUri", "file_with_uri"),
      bytes: string(file, "bytes", "raw", "fileWithBytes", "file_with_bytes"),
      size: typeof size === "number" ? size : undefined,
    }),
  };
}

const FILE_CLASSES = new Set(["file", "image", "audio", "video"]);

/** The class of a part: what it calls itself, else what its members say. */
function classOf(part: Loose): "text" | "file" | "data" | undefined {
  // Some clients fill in only one of the two, and leave the other empty.
  const names = [string(part, "kind"), string(part, "type")].flatMap((name) =>
    name ? [name.toLowerCase()] : []
  );
  for (const name of names) {
    if (name === "text" || name === "data") return name;
    if (FILE_CLASSES.has(name)) return "file";
  }
  if (names.length > 0) return undefined;
  if (typeof part.text === "string") return "text";
  if (["file", "url", "raw", "uri", "bytes"].some((member) => member in part)) {
    return "file";
  }
  return "data" in part ? "data" : undefined;
}

function parsePart(value: unknown): Part | undefined {
  const outer = object(value);
  const part = object(outer?.root) ?? outer; // older Python SDKs nest the part there
  if (part === undefined) return undefined;
  const metadata = object(part.metadata);
  const more = metadata === undefined ? {} : { metadata };
  switch (classOf(part)) {
    case "text":
      return typeof part.text === "string"
        ? { kind: "text", text: part.text, ...more }
        : undefined;
    case "file":
      return { ...parseFile(part), ...more };
    case "data":
      return { kind: "data", data: part.data, ...more };
    default:
      return undefined;
  }
}

function parseParts(holders: readonly (Loose | undefined)[]): Part[] {
  for (const holder of holders) {
    const parts = holder?.parts ?? holder?.content;
    if (typeof parts === "string") return [{ kind: "text", text: parts }];
    if (Array.isArray(parts)) {
      return parts.map(parsePart).filter((part) => part !== undefined);
    }
  }
  return [];
}

/** The text parts of `parts`, joined by newlines. */
export function textOf(parts: readonly Part[]): string {
  return parts.flatMap((part) => part.kind === "text" ? [part.text] : []).join(
    "\n",
  );
}

/** Reads the message out of `body`, a JSON-RPC envelope or what some client took for one. */
export function parseMessage(body: unknown): ParsedMessage {
  const envelope = object(body);
  const params = object(envelope?.params);
  const message = object(params?.message) ?? params ?? envelope;
  const parts = parseParts([message, params, envelope]);
  const field = (...names: readonly string[]) =>
    string(message, ...names) ?? "";
  return {
    messageId: field("messageId", "message_id"),
    contextId: field("contextId", "context_id", "sessionId", "session_id"),
    taskId: field("taskId", "task_id"),
    parts,
    text: textOf(parts),
    metadata: object(message?.metadata) ?? {},
    requestMetadata: object(params?.metadata) ?? {},
  };
}
