/** What to type to start the program as it was started now. */

/** How the program was started. */
export interface Started {
  /** Whether it is a compiled binary. */
  readonly standalone: boolean;
  /** Where its code lies. */
  readonly url: string;
  readonly env: (name: string) => string | undefined;
}

/** Whether npm's npx runs us: then Deno itself may not be there to be typed. */
function throughNpx(env: Started["env"]): boolean {
  const agent = env("npm_config_user_agent") ?? "";
  // `deno task` sets this variable too, and begins it with its own name.
  return (env("npm_execpath") ?? "") !== "" ||
    (agent !== "" && !agent.startsWith("deno/"));
}

/** What to type to start it again. */
export function programName({ standalone, url, env }: Started): string {
  if (standalone) return "molecule";
  if (!url.startsWith("file:")) return "deno run -A jsr:@molecule/connect";
  return throughNpx(env) ? "npx -y deno task molecule" : "deno task molecule";
}
