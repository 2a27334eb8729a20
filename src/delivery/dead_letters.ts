/**
 * What was given up, one file each, with its reason and its payload. The files are not the connector's state: whoever
 * looks at them or removes them disturbs nothing.
 */
import { join } from "@std/path";
import { reason } from "../errors.ts";
import { makePrivateDir, replaceFile } from "../os/files.ts";
import { uuidV5 } from "./ids.ts";

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
  /** Who sent the message; empty for a person. */
  readonly caller_id: string;
  /** Why it was given up. */
  readonly reason: string;
  /** How often it was tried. */
  readonly attempts: number;
  /** When it was given up (RFC 3339). */
  readonly failed_at: string;
  /** The row, or the answer, verbatim. */
  readonly payload: unknown;
}

/** A dead letter of now. */
export function deadLetter(
  kind: DeadLetter["kind"],
  workspaceId: string,
  row: string,
  why: Pick<DeadLetter, "caller_id" | "reason" | "attempts" | "payload">,
): DeadLetter {
  return {
    kind,
    workspace_id: workspaceId,
    row,
    retry: 0,
    ...why,
    failed_at: new Date().toISOString(),
  };
}

const NAMESPACE = "0b8f2a57-94c1-4a6e-8d35-61f7c9e2ab04";

/** The text of a dead letter. A payload that JSON cannot hold, or only with more depth than there is, is left out. */
function render(letter: DeadLetter): string {
  try {
    // Not indented: that takes much more depth and space, and a stranger chose how deep the payload is.
    return JSON.stringify({ version: 1, ...letter }) + "\n";
  } catch (error) {
    const payload = `not writable: ${reason(error)}`;
    return JSON.stringify({ version: 1, ...letter, payload }) + "\n";
  }
}

/** The file of `letter` in `dir`. */
export function deadLetterPath(
  dir: string,
  letter: Pick<DeadLetter, "kind" | "row" | "retry">,
): string {
  const key = JSON.stringify([letter.kind, letter.row, letter.retry]);
  return join(dir, `${uuidV5(NAMESPACE, key)}.json`);
}

/** Writes `letter` into `dir`, durably; the same one twice is one file. */
export async function saveDeadLetter(
  dir: string,
  letter: DeadLetter,
): Promise<void> {
  await makePrivateDir(dir);
  await replaceFile(deadLetterPath(dir, letter), render(letter));
}
