/** Whether a directory can be written into, told without writing. */
import { isWindows } from "./platform.ts";

/** Who this process is; undefined where it may not know. Asked for the permission first, because Deno would prompt. */
function ownUid(): number | undefined {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "uid" });
  return state === "granted" ? Deno.uid() ?? undefined : undefined;
}

/** False only where the mode leaves no doubt: groups, access lists and read-only disks are known to the system alone. */
export function mayBeWritable(
  { mode, uid }: Pick<Deno.FileInfo, "mode" | "uid">,
  self: number | undefined = ownUid(),
): boolean {
  if (isWindows || mode === null || self === 0) return true;
  const wx = (shift: number) => ((mode >> shift) & 0o3) === 0o3;
  if (self === undefined) return wx(6) || wx(3) || wx(0);
  return self === uid ? wx(6) : wx(3) || wx(0);
}
