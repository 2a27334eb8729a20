/** The lock file, which `Deno.open` opens: held by one process, and free when it ends. */
import type { Life } from "./life.ts";
import type { VirtualDisk } from "./virtual_disk.ts";

/** Who holds the lock. */
export interface LockHolder {
  life: Life | undefined;
}

/** What `Deno.open` gives for the lock file. */
export function lockFile(disk: VirtualDisk, holder: LockHolder): object {
  const { life } = disk;
  return {
    tryLock: () =>
      disk.op(() => {
        if (holder.life?.alive && holder.life !== life) return false;
        holder.life = life;
        return true;
      }),
    truncate: () => disk.op(() => {}),
    write: (bytes: Uint8Array) => disk.op(() => bytes.length),
    close: () => {
      if (holder.life === life) holder.life = undefined;
    },
  };
}
