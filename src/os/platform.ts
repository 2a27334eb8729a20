/** Which system this is. Code outside `src/os/` asks here instead of reading `Deno.build.os`. */

/** Whether this is Windows: no signals, no process groups, no mode bits, no syncing of directories. */
export const isWindows: boolean = Deno.build.os === "windows";

/** Whether this is Linux: `/proc` tells each process's environment. */
export const isLinux: boolean = Deno.build.os === "linux";
