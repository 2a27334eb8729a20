/** The platform's ids are UUIDs; a minimal platform's may be any text. */

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether `id` is a UUID. */
export function isUuid(id: string): boolean {
  return UUID.test(id);
}

/** A UUID in lower case, as the platform writes it and as the only way it takes it; any other id as it is. */
export function canonicalId(id: string): string {
  return isUuid(id) ? id.toLowerCase() : id;
}
