/** What version this is. */
import manifest from "../deno.json" with { type: "json" };

/** The package's version. */
export const VERSION: string = manifest.version;
