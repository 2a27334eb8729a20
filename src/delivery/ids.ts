/** Ids that are the same whenever the same thing is done again. */
import { uuidV5 } from "../uuid.ts";

/** The namespace of this package's ids, drawn once. */
const NAMESPACE = "7d0a3c1e-5b64-4f0e-9a7b-2f6d8c41e935";

/** What an id stands for. */
export type Purpose =
  | "reply"
  | "failure"
  | "wait"
  | "refused"
  | "lost"
  | "bubble"
  | "session"
  | "retry";

/** The id of something that is done for a row: repeated under the same id, a poll-mode peer gets it once. */
export function derivedId(
  workspaceId: string,
  row: string,
  purpose: Purpose,
  n: number,
): string {
  return uuidV5(NAMESPACE, JSON.stringify([workspaceId, row, purpose, n]));
}
