/** Whether a request cannot have reached anybody. */

/** Whether `error`, thrown by `fetch`, says that no connection came about. Deno has no code for it, only its HTTP library's words. */
export function neverConnected(error: unknown): boolean {
  return error instanceof TypeError && error.cause instanceof Error &&
    error.cause.message.includes("client error (Connect)");
}
