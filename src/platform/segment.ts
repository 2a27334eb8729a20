/** Ids as pieces of a path. */

/** An id, chosen by a stranger, that no path can name. */
export class UnaddressableError extends Error {
  /** The class's name. */
  override readonly name = "UnaddressableError";

  /** `id` is not shown as it is. */
  constructor(id: string) {
    super(`No path can name ${JSON.stringify(id)}`);
  }
}

/** Whether a path can name `id`. */
export function isAddressable(id: string): boolean {
  return id !== "." && id !== ".." && id.isWellFormed();
}

/** An id as one segment of a path. @throws {UnaddressableError} for the few texts that no path can name. */
export function segment(id: string): string {
  if (!isAddressable(id)) throw new UnaddressableError(id);
  return encodeURIComponent(id);
}
