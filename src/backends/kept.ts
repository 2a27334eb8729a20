/** How much a back end may keep of a session. */

/** Most bytes, in UTF-8. */
export const MAX_KEPT_BYTES = 256 * 1024;

/** @throws {RangeError} if `text` is more than a session keeps. */
export function checkKept(text: string): void {
  const { byteLength } = new TextEncoder().encode(text);
  if (byteLength <= MAX_KEPT_BYTES) return;
  throw new RangeError(
    `${byteLength} bytes are more than a session keeps, which is 256 KiB`,
  );
}
