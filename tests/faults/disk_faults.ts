/** What a disk can do to whoever keeps a state on it, as data. */
import type { DiskTrouble } from "./broken_disk.ts";

/** A way in which a disk fails. */
export interface DiskFault {
  readonly name: string;
  readonly trouble: DiskTrouble;
  /** For operators. */
  readonly atStart: string;
  /** For operators. */
  readonly running: string;
}

const WAITS =
  "told once; nothing is sent that is not saved, heartbeats say so, and it goes on by itself when the disk does; a stop does not wait for it (exit code 1)";
const REFUSES = "ends with exit code 1 before the platform hears of it";

/** Every one of them. */
export const DISK_FAULTS: readonly DiskFault[] = [
  {
    name: "Full (ENOSPC)",
    trouble: { op: "write", code: "ENOSPC" },
    atStart: REFUSES,
    running: WAITS,
  },
  {
    name: "No file can be made (ENOSPC)",
    trouble: { op: "open", code: "ENOSPC" },
    atStart: REFUSES,
    running: WAITS,
  },
  {
    name: "Read-only (EROFS)",
    trouble: { op: "open", code: "EROFS" },
    atStart: REFUSES,
    running: WAITS,
  },
  {
    name: "No permission (EACCES)",
    trouble: { op: "open", code: "EACCES" },
    atStart: "ends with exit code 2 before the platform hears of it",
    running: WAITS,
  },
  {
    name: "A rename fails (EIO)",
    trouble: { op: "rename", code: "EIO" },
    atStart: REFUSES,
    running: WAITS,
  },
  {
    name: "A sync fails (EIO)",
    trouble: { op: "sync", code: "EIO" },
    atStart: REFUSES,
    running: WAITS,
  },
];
