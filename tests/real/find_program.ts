/** Where a real agent is on this machine. */
import { isWindows } from "../../src/os/platform.ts";

/** What the variable names, else `name` in the PATH; undefined where there is none. */
export function findProgram(
  name: string,
  variable: string,
): string | undefined {
  const named = Deno.env.get(variable) ?? "";
  if (named !== "") return named;
  if (isWindows) return undefined;
  const directories = (Deno.env.get("PATH") ?? "").split(":");
  return directories.map((directory) => `${directory}/${name}`).find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}
