/** What a dead letter becomes when it is tried again. */
import type { Part } from "../a2a/part.ts";
import { classify, type OwnIds } from "../feed/classify.ts";
import { parseRow } from "../platform/row.ts";
import type { OutboxEntry } from "../state/state.ts";
import { type DeadLetter, letterId, notRetryable } from "./dead_letter.ts";
import { type Delivery, delivery } from "./delivery.ts";
import { derivedId } from "./ids.ts";

/** A message to be handled, an answer to be sent, or why it can be neither. */
export type SecondTry =
  | { readonly is: "message"; readonly delivery: Delivery }
  | {
    readonly is: "answer";
    readonly entry: OutboxEntry;
    readonly parts: readonly Part[];
  }
  | { readonly is: "nothing"; readonly why: string };

/** An answer begins anew: all its tries, and its files too, which may be gone from where they were. */
function afresh(entry: OutboxEntry, workspaceId: string, n: number) {
  const { parts = [], unsure: _, uploaded, ...rest } = entry;
  return {
    parts,
    entry: {
      ...rest,
      // Of the id that it had: a row's failure and its later answer are two.
      id: derivedId(workspaceId, entry.id, "retry", n),
      steps: uploaded === undefined
        ? rest.steps
        : ["upload" as const, ...rest.steps],
      saved: Date.now(),
      tries: 0,
      retry: n,
    },
  };
}

/** What `letter` becomes. All ids in it are the same whenever this same letter is tried. `bytes` is about its size. */
export function secondTry(
  letter: DeadLetter,
  own: OwnIds,
  bytes: number,
): SecondTry {
  const why = notRetryable(letter);
  if (why !== undefined) return { is: "nothing", why };
  const n = letter.retry + 1;
  if (letter.kind === "reply") {
    const entry = letter.payload as OutboxEntry;
    return { is: "answer", ...afresh(entry, own.workspaceId, n) };
  }
  const row = parseRow(letter.payload)!; // one that is no row is not retryable
  const work = classify(row, own);
  if (!("message" in work)) {
    return { is: "nothing", why: `it is no work (${work.action})` };
  }
  const retry = { n, letter: letterId(letter) };
  return {
    is: "message",
    delivery: delivery(own.workspaceId, row, work, bytes, retry),
  };
}
