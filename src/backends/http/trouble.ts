/** What went wrong on the network, without the address: its path and query may be secrets. */

/** The reason in `error`, as `fetch` or the reading of a body threw it: Deno's own text shows the whole address. */
export function trouble(error: unknown): string {
  const at = error instanceof Error && error.cause instanceof Error
    ? error.cause
    : error;
  const text = at instanceof Error ? at.message : String(at);
  return /client error \(\w+\): (.*)/s.exec(text)?.[1] ??
    text.replaceAll(/\bhttps?:\/\/\S+/g, "[address]");
}
