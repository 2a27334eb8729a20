/** How a webhook knows that a request is ours, and which message it is for. */
import { createHmac } from "node:crypto";
import { uuidV5 } from "../../uuid.ts";

/** The namespace of these keys, drawn once. */
const NAMESPACE = "b1c6f0c2-6a0d-4f2b-8d0b-0f7f7a3f5e61";

/**
 * The signature of a request: the HMAC-SHA256, keyed with the shared secret, of the timestamp as it stands in its
 * header, a dot, and the body byte for byte. The timestamp is in it so that nobody can send an old request again.
 */
export function signature(
  secret: string,
  timestamp: string,
  body: string,
): string {
  const hmac = createHmac("sha256", secret).update(`${timestamp}.${body}`);
  return `sha256=${hmac.digest("hex")}`;
}

/**
 * The key of a message: the same however often it is sent, and whoever sent it, for it is derived from the platform's
 * own row and not from the sender's id, which may be anything.
 */
export function idempotencyKey(workspaceId: string, row: string): string {
  return uuidV5(NAMESPACE, JSON.stringify([workspaceId, row]));
}
