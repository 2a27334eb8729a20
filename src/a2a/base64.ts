/** Bytes in base64, as parts carry them. */

/** How many bytes `base64` stands for; undefined where it is no base64. Nothing is decoded. */
export function base64Bytes(base64: string): number | undefined {
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) {
    return undefined;
  }
  const padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
  return base64.length / 4 * 3 - padding;
}
