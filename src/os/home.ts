/** The home directory of whoever runs this. */

/** Its path; undefined where there is none, or deno may not tell. */
export function homeDirectory(): string | undefined {
  try {
    return Deno.env.get("HOME") || Deno.env.get("USERPROFILE") || undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}
