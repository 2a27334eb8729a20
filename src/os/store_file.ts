/** Files that come in pieces: a name in its directory stands for a whole file, or there is none. */
import { disk } from "./disk.ts";
import { moveFile, removeIfThere, writeAll } from "./files.ts";

/** Only the owner reads and writes. */
const PRIVATE_FILE = 0o600;

/**
 * Writes what `fill` gives to `path`, by way of the file `temp` on the same disk; what stands there of an earlier try is
 * written anew. Returns what `fill` returns.
 *
 * @throws what `fill` throws, and what the disk says; then there is no file.
 */
export async function storeFile<T>(
  path: string,
  temp: string,
  fill: (write: (bytes: Uint8Array) => Promise<void>) => Promise<T>,
): Promise<T> {
  await removeIfThere(temp);
  try {
    let given: T;
    {
      using file = await disk().open(temp, {
        write: true,
        createNew: true,
        mode: PRIVATE_FILE,
      });
      given = await fill((bytes) => writeAll(file, bytes));
      await file.syncData();
    }
    await moveFile(temp, path);
    return given;
  } catch (error) {
    await removeIfThere(temp).catch(() => {}); // the first error is the one that tells
    throw error;
  }
}
