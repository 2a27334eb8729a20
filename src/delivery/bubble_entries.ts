/** An answer that takes several bubbles: each is an entry of the outbox, with an echo of its own to be looked for. */
import { textOf } from "../a2a/message.ts";
import type { Part } from "../a2a/part.ts";
import type { OutboxEntry } from "../state/state.ts";
import { lostText } from "./failure_text.ts";
import { derivedId } from "./ids.ts";
import { bubblesOf, withNote } from "./long_text.ts";
import { fileName, notAttached, shortened } from "./outgoing.ts";

/** An entry and what it says. */
export type Reply = readonly [OutboxEntry, readonly Part[]];

/** The files of an answer that are no text of its own. */
function ownFiles(entry: OutboxEntry, parts: readonly Part[]): string[] {
  const names = parts.flatMap((part) =>
    part.kind === "file" ? [fileName(part)] : []
  );
  return names.slice(entry.whole ? 1 : 0);
}

/** What the bubble of an entry says: its text, and which of its files the platform would not take. */
export function bubbleText(entry: OutboxEntry, parts: readonly Part[]): string {
  const text = textOf(parts);
  return entry.uploaded?.files.length === 0
    ? withNote(text, notAttached(shortened(ownFiles(entry, parts))))
    : text;
}

/** `texts` as entries that take the place of `entry`, or come behind it; they are numbered from `first`. */
export function bubbleEntries(
  workspaceId: string,
  entry: OutboxEntry,
  texts: readonly string[],
  first: number,
): Reply[] {
  const { parts: _, uploaded: __, unsure: ___, whole: ____, ...rest } = entry;
  return texts.map((text, i): Reply => [
    {
      ...rest,
      id: derivedId(workspaceId, entry.id, "bubble", first + i),
      steps: ["notify"],
      tries: 0,
      ...(i < texts.length - 1 ? { goesOn: true } : {}),
    },
    [{ kind: "text", text }],
  ]);
}

/** An answer whose files could not be uploaded, as bubbles; undefined where its own one has room for all of it. */
export function withoutFiles(
  workspaceId: string,
  entry: OutboxEntry,
  parts: readonly Part[],
): Reply[] | undefined {
  const names = shortened(ownFiles(entry, parts));
  const [file] = parts.filter((part) => part.kind === "file");
  const text = entry.whole
    ? new TextDecoder().decode(Uint8Array.fromBase64(file?.file.bytes ?? ""))
    : textOf(parts);
  const note = names.length === 0 ? "" : notAttached(names);
  const texts = bubblesOf(text, note);
  return texts.length === 1 && !entry.whole
    ? undefined
    : bubbleEntries(workspaceId, entry, texts, 0);
}

/**
 * What takes the place of an answer that is gone. Nothing where it only said that a message waits, and where it may have
 * arrived already and its reader is no person: a program would take it for a second answer.
 */
export function lostReply(
  workspaceId: string,
  entry: OutboxEntry,
): Reply | undefined {
  const { parts: _, uploaded: __, unsure, whole: ____, ...rest } = entry;
  const mayBeThere = unsure !== undefined && entry.origin !== "canvas";
  if (entry.wait || mayBeThere) return undefined;
  return [
    {
      ...rest,
      id: derivedId(workspaceId, entry.id, "lost", 0),
      steps: entry.steps.slice(-1),
      tries: 0,
      failure: true,
    },
    [{ kind: "text", text: lostText(entry.origin) }],
  ];
}
