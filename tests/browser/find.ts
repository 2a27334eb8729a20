/** Where the browser of the tests is: the operator's `$BROWSER`, else `chromium` or `google-chrome` on the PATH. */
import { DELIMITER, join } from "@std/path";

const NAMES = ["chromium", "google-chrome"];

/** The first of the programs `names` that stands on the PATH. */
function onPath(names: readonly string[]): string | undefined {
  const folders = (Deno.env.get("PATH") ?? "").split(DELIMITER);
  const paths = names.flatMap((name) => folders.map((at) => join(at, name)));
  return paths.find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}

function executable(): string | undefined {
  const chosen = Deno.env.get("BROWSER") ?? "";
  return chosen === "" ? onPath(NAMES) : chosen;
}

/** The browser's program; undefined where there is none, and the tests are skipped. */
export const BROWSER: string | undefined = executable();
