/** A dead letter: something that was given up, as its file holds it. */
import { reason } from "../errors.ts";
import { parseRow } from "../platform/row.ts";
import { type JsonObject, seal, unseal } from "../state/checksum.ts";
import { isOutboxEntry } from "../state/shape.ts";
import { uuidV5 } from "../uuid.ts";

/** Something that was given up. */
export interface DeadLetter {
  /** A message that no back end answered, or an answer that nobody took. */
  readonly kind: "message" | "reply";
  /** The workspace. */
  readonly workspace_id: string;
  /** The row. */
  readonly row: string;
  /** How often this row was taken out of the dead letters and tried again. */
  readonly retry: number;
  /** The id that the answer was sent under; empty for a message. */
  readonly message_id: string;
  /** Who sent the message; empty for a person. */
  readonly caller_id: string;
  /** Why it was given up. */
  readonly reason: string;
  /** How often it was tried. */
  readonly attempts: number;
  /** When it was given up (RFC 3339). */
  readonly failed_at: string;
  /** The row, or the answer, verbatim; null where it was not kept. */
  readonly payload: unknown;
  /** Why there is no payload; absent where there is one. */
  readonly payload_missing?: string;
}

/** What tells one letter from all others. */
export type LetterName = Pick<
  DeadLetter,
  "kind" | "row" | "retry" | "message_id"
>;

/** The version that this release writes. */
const VERSION = 1;
const NAMESPACE = "0b8f2a57-94c1-4a6e-8d35-61f7c9e2ab04";

/** The letter's id, a UUID, which is its file's name too. The same thing given up twice is the same letter. */
export function letterId(letter: LetterName): string {
  const { kind, row, retry, message_id: messageId } = letter;
  return uuidV5(NAMESPACE, JSON.stringify([kind, row, retry, messageId]));
}

/** A letter without its payload, and why. */
export function withoutPayload(letter: DeadLetter, why: string): DeadLetter {
  return { ...letter, payload: null, payload_missing: why };
}

/** The text of a letter's file. A payload that JSON cannot hold, or only with more depth than there is, is left out. */
export function letterText(letter: DeadLetter): string {
  try {
    // Not indented: that takes much more depth and space, and a stranger chose how deep the payload is.
    return seal({ version: VERSION, ...letter });
  } catch (error) {
    const why = `it cannot be written: ${reason(error)}`;
    return seal({ version: VERSION, ...withoutPayload(letter, why) });
  }
}

/** What reading a letter's file came to. */
export type LetterRead =
  | { readonly letter: DeadLetter }
  | { readonly damage: string };

const TEXTS = [
  "row",
  "message_id",
  "caller_id",
  "reason",
  "failed_at",
] as const;

function isLetter(data: JsonObject): boolean {
  return (data.kind === "message" || data.kind === "reply") &&
    TEXTS.every((name) => typeof data[name] === "string") &&
    Number.isSafeInteger(data.retry) && Number.isSafeInteger(data.attempts);
}

/** Reads the text of a letter's file; what is not as it was written is told, not believed. */
export function readLetter(text: string, workspaceId: string): LetterRead {
  let data: JsonObject | undefined;
  try {
    data = unseal(text);
  } catch (error) {
    return { damage: `it cannot be read: ${reason(error)}` };
  }
  if (data === undefined) return { damage: "its checksum does not fit" };
  const { version, ...letter } = data;
  if (version !== VERSION) {
    return { damage: `it has version ${version}, this release knows 1` };
  }
  if (!isLetter(letter)) return { damage: "it has another shape" };
  return letter.workspace_id === workspaceId
    ? { letter: letter as unknown as DeadLetter }
    : { damage: `it belongs to workspace "${letter.workspace_id}"` };
}

/** Why a letter cannot be tried again; undefined where it can. */
export function notRetryable(letter: DeadLetter): string | undefined {
  const { kind, row, payload, payload_missing: missing } = letter;
  if (payload === null || payload === undefined) {
    return missing ?? "its payload was not kept";
  }
  if (kind === "message") {
    return parseRow(payload)?.id === row
      ? undefined
      : "its payload is no row of the feed";
  }
  const { parts } = payload as { parts?: unknown };
  return isOutboxEntry(payload) && Array.isArray(parts) && parts.length > 0
    ? undefined
    : "the answer was damaged before it was given up";
}
