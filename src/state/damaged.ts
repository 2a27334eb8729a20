/** Damaged files: moved aside and told, never removed, so that whoever wants to can look at them. */
import type { StateError } from "../errors.ts";
import { moveFile } from "../os/files.ts";

/** Told of a damaged file, and where it is now; an empty text where it was missing. */
export type OnDamaged = (error: StateError, movedTo: string) => void;

/** Moves the file, or directory, away from its name; returns where it is now. */
export async function moveAside(path: string): Promise<string> {
  const now = new Date().toISOString().replaceAll(":", "-");
  const movedTo = `${path}.corrupt-${now}`;
  await moveFile(path, movedTo);
  return movedTo;
}
