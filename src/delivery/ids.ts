/** Ids that are the same whenever the same thing is done again. */
import { createHash } from "node:crypto";

/** The namespace of this package's ids, drawn once. */
const NAMESPACE = "7d0a3c1e-5b64-4f0e-9a7b-2f6d8c41e935";

/** The UUID of version 5 (RFC 9562) of `name` in `namespace`. */
export function uuidV5(namespace: string, name: string): string {
  const space = Uint8Array.from(
    namespace.replaceAll("-", "").match(/../g)!,
    (byte) => parseInt(byte, 16),
  );
  const hash = createHash("sha1").update(space).update(name, "utf8").digest();
  hash[6] = (hash[6]! & 0x0f) | 0x50;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.toString("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20, 32),
  ].join("-");
}

/** What an id stands for. */
export type Purpose = "reply" | "failure" | "session" | "retry";

/** The id of something that is done for a row: repeated under the same id, a poll-mode peer gets it once. */
export function derivedId(
  workspaceId: string,
  row: string,
  purpose: Purpose,
  n: number,
): string {
  return uuidV5(NAMESPACE, JSON.stringify([workspaceId, row, purpose, n]));
}
