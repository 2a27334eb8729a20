/** The platform's ids are UUIDs; a minimal platform's may be any text. Ids that are derived here are UUIDs of version 5. */
import { createHash } from "node:crypto";

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether `id` is a UUID. */
export function isUuid(id: string): boolean {
  return UUID.test(id);
}

/** A UUID in lower case, as the platform writes it and as the only way it takes it; any other id as it is. */
export function canonicalId(id: string): string {
  return isUuid(id) ? id.toLowerCase() : id;
}

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
