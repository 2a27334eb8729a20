/** Showing an address in the browser of whoever runs the program. */

/** What opens an address, by operating system; the address comes last. */
const OPENERS: Partial<Record<typeof Deno.build.os, readonly string[]>> = {
  darwin: ["open"],
  windows: ["rundll32", "url.dll,FileProtocolHandler"],
};

const FREE_DESKTOP = ["xdg-open"] as const;

/**
 * Opens `url`. Resolves with why that went wrong, or with undefined; a program that stays until its window is closed
 * takes as long.
 */
export async function openInBrowser(url: string): Promise<string | undefined> {
  const [command = "", ...args] = OPENERS[Deno.build.os] ?? FREE_DESKTOP;
  try {
    const child = new Deno.Command(command, {
      args: [...args, url],
      stdin: "null",
      stdout: "null",
      stderr: "null",
      // A Ctrl-C in the terminal is for the sandbox, not for the browser.
      detached: Deno.build.os !== "windows",
    }).spawn();
    // The browser may outlive the program.
    child.unref();
    const { code } = await child.status;
    return code === 0 ? undefined : `${command} ended with code ${code}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return `there is no ${command} on this machine`;
    }
    return error instanceof Error ? error.message : String(error);
  }
}
