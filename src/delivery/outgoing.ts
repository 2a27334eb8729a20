/** What of an answer can be sent to whoever asked, by which steps; what cannot is said in the text, never left out. */
import { base64Bytes } from "../a2a/base64.ts";
import { textOf } from "../a2a/message.ts";
import type { FilePart, Metadata, Part } from "../a2a/part.ts";
import type { Origin } from "../backends/backend.ts";
import { mimeTypeOf, toldType } from "../files/mime_type.ts";
import type { OutboxStep } from "../state/state.ts";
import { bytesOf, cutTexts } from "./cut_parts.ts";
import {
  beginning,
  bubblesOf,
  MAX_BUBBLE_CHARS,
  WHOLE_NAME,
  withNote,
} from "./long_text.ts";

/** One upload takes so many files. */
const MAX_FILES = 64;
/** So many bytes of files go to a person with one answer: the platform takes 100 MiB, but they stand in memory here. */
const MAX_FILE_BYTES = 32 * 1024 * 1024;
/** The files of a message to a peer are at most so many bytes of JSON. */
const MAX_PEER_FILE_BYTES = 11 * 1024 * 1024;
/** The request that brings a message to a peer is at most so many bytes of JSON: the platform takes 16 MiB. */
const MAX_PEER_BYTES = 15 * 1024 * 1024;
/** What the request has beside the parts and the metadata of the answer. */
const ENVELOPE_BYTES = 32 * 1024;

/** What a person is told where an answer says nothing: without a bubble the chat would wait for ever. */
export const NOTHING_TO_SAY = "I have nothing to say to this.";
/** The same where there is an answer, but none that the chat can show. */
export const ONLY_DATA =
  "My answer is data for programs, which cannot be shown here.";

/** How many bytes of files an answer can take along, at most. */
export function mostFileBytes(origin: Origin): number {
  switch (origin) {
    case "canvas":
      return MAX_FILE_BYTES;
    case "peer":
      return Math.floor(MAX_PEER_FILE_BYTES / 4) * 3; // base64
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
  /** Texts that have to follow it, each on its own. */
  readonly more?: readonly string[];
  /** The first file is the whole text, of which the text here is the beginning. */
  readonly whole?: true;
}

/** The last segment of a file's name: what goes before it is nobody's business. */
export function fileName({ file }: FilePart): string {
  const name = file.name?.split(/[/\\]/).at(-1)?.replaceAll(/\s+/g, " ").trim();
  return name === undefined || name === "" ? "file" : name.slice(0, 100);
}

/** Names of files that stand in a bubble take no more room than this. */
const MAX_NAMES_CHARS = 1_000;

/** The first of `names`, and how many there are besides. */
export function shortened(names: readonly string[]): string[] {
  let chars = 0;
  const shown = names.filter((name) =>
    (chars += name.length + 2) <= MAX_NAMES_CHARS
  );
  const more = names.length - shown.length;
  return more === 0 ? shown : [...shown, `${more} more`];
}

/** One honest sentence about files that did not come along. */
export function notAttached(names: readonly string[]): string {
  return `Could not be attached: ${names.join(", ")}.`;
}

/** A file without its bytes, as words. */
function inWords(part: FilePart): string {
  const { uri = "", bytes } = part.file;
  const name = fileName(part);
  if (/^https?:\/\//i.test(uri)) return `${name} (${uri})`;
  return bytes === "" ? `${name} (empty)` : name;
}

const text = (words: string): Part => ({ kind: "text", text: words });

/** Whether a file, beside those before it, can be uploaded; an empty one would spoil the whole upload. */
function fits(part: FilePart, files: number, bytes: number): boolean {
  const size = base64Bytes(part.file.bytes ?? "");
  return size !== undefined && size > 0 && files < MAX_FILES &&
    bytes + size <= MAX_FILE_BYTES;
}

/** A file with a name and a MIME type in any case: without one a chat does not know how to show it. */
function labelled(part: FilePart): FilePart {
  const { file } = part;
  const name = fileName(part);
  const mimeType = toldType(file.mimeType) ?? mimeTypeOf(name);
  return { ...part, file: { ...file, name, mimeType } };
}

/** A long text as a file. */
function wholeText(words: string): FilePart {
  const bytes = new TextEncoder().encode(words).toBase64();
  return {
    kind: "file",
    file: { name: WHOLE_NAME, mimeType: mimeTypeOf(WHOLE_NAME), bytes },
  };
}

/** Those of `parts` that are files and can be uploaded together, behind the whole text where there is one, and the others. */
function sorted(parts: readonly Part[], whole: readonly FilePart[]) {
  const files: FilePart[] = [];
  const left: FilePart[] = [];
  let bytes = 0;
  for (const part of [...whole, ...parts]) {
    if (part.kind !== "file") continue;
    if (fits(part, files.length, bytes)) {
      files.push(labelled(part));
      bytes += base64Bytes(part.file.bytes ?? "") ?? 0;
    } else left.push(part);
  }
  return { files, left };
}

/** What the bubble says of an answer with these files. */
function shownText(
  parts: readonly Part[],
  { files, left }: ReturnType<typeof sorted>,
  note: string,
): string {
  const missing = left.length === 0 ? "" : notAttached(left.map(inWords));
  const words = withNote(textOf(parts), missing);
  if (words.trim() !== "") return withNote(words, note);
  // A bubble of files alone needs a text all the same.
  if (files.length > 0) return withNote(files.map(fileName).join(", "), note);
  const isData = parts.length > 0 &&
    parts.every((part) => part.kind === "data");
  return withNote(isData ? ONLY_DATA : NOTHING_TO_SAY, note);
}

/** An answer to a person: one text, which is never empty, `note` behind it, and files with their bytes. */
export function toPerson(parts: readonly Part[], note = ""): Outgoing {
  const dataLeftOut = parts.filter((part) => part.kind === "data").length;
  const plain = sorted(parts, []);
  const shown = shownText(parts, plain, note);
  if (shown.length <= MAX_BUBBLE_CHARS) {
    const { files } = plain;
    return {
      steps: files.length === 0 ? ["notify"] : ["upload", "notify"],
      parts: [text(shown), ...files],
      dataLeftOut,
    };
  }
  // The whole text goes first: another file may have to stay behind for it, which the text says then.
  const first = sorted(parts, [wholeText(shown)]);
  const words = shownText(parts, first, note);
  const whole = wholeText(words);
  const { files, left } = sorted(parts, [whole]);
  if (left.includes(whole)) {
    const names = parts.flatMap((part) =>
      part.kind === "file" ? [inWords(part)] : []
    );
    const missing = names.length === 0 ? "" : notAttached(shortened(names));
    const [bubble = "", ...more] = bubblesOf(
      textOf(parts),
      withNote(missing, note),
    );
    return { steps: ["notify"], parts: [text(bubble)], dataLeftOut, more };
  }
  return {
    steps: ["upload", "notify"],
    parts: [text(beginning(words)), ...files],
    dataLeftOut,
    whole: true,
  };
}

/** An answer to an outside channel: one text, in which files are named. */
export function toChannel(parts: readonly Part[]): Outgoing {
  const names = parts.flatMap((part) =>
    part.kind === "file" ? [inWords(part)] : []
  );
  const note = names.length === 0 ? "" : notAttached(names);
  return {
    steps: ["channel"],
    parts: note === ""
      ? parts.filter((part) => part.kind === "text")
      : [text(withNote(textOf(parts), note))],
    dataLeftOut: parts.filter((part) => part.kind === "data").length,
  };
}

/**
 * An answer to a peer: everything, but for files that are a name and nothing else, and for what makes it too long: the
 * largest files and data first, then the end of its texts.
 */
export function toPeer(parts: readonly Part[], metadata: Metadata): Outgoing {
  const hasContent = ({ file }: FilePart) =>
    file.bytes !== undefined || file.uri !== undefined;
  const left = new Set<Part>(
    parts.filter((part) => part.kind === "file" && !hasContent(part)),
  );
  const most = MAX_PEER_BYTES - ENVELOPE_BYTES - bytesOf(metadata);
  let size = bytesOf(parts);
  const largestFirst = parts.filter((part) =>
    part.kind !== "text" && !left.has(part)
  )
    .map((part) => ({ part, size: bytesOf(part) }))
    .sort((a, b) => b.size - a.size);
  for (const whole of largestFirst) {
    if (size <= most) break;
    left.add(whole.part);
    size -= whole.size;
  }
  const names = parts.filter((part) => left.has(part))
    .map((part) => part.kind === "file" ? inWords(part) : part.kind);
  const own = parts.filter((part) => !left.has(part))
    .map((part) => part.kind === "file" ? labelled(part) : part);
  const note = names.length === 0 ? [] : [text(notAttached(names))];
  const excess = bytesOf([...own, ...note]) - most;
  return {
    steps: ["a2a"],
    parts: [...(excess > 0 ? cutTexts(own, excess) : own), ...note],
    dataLeftOut: 0,
  };
}
