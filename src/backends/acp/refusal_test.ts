import { assertEquals } from "@std/assert";
import { RpcError } from "./connection.ts";
import { isUnknownSession, refusalError } from "./refusal.ts";

// As gemini 0.61.0, Claude's adapter 0.49.0 and opencode 1.18.33 tell them.
const CASES = [
  [new RpcError(429, "{}"), "weather", "failed"],
  [new RpcError(503, "{}"), "weather", "failed"],
  [new RpcError(401, "{}"), "final", "not_ready"],
  [new RpcError(-32603, "(429)", "rate_limit"), "weather", "failed"],
  [new RpcError(-32603, "API Error: 529", "server_error"), "weather", "failed"],
  [new RpcError(-32603, "API Error: 500", "server_error"), "retry", "failed"],
  [
    new RpcError(-32603, "API Error: 401", "authentication_failed"),
    "final",
    "not_ready",
  ],
  [new RpcError(-32603, "Internal error: nope"), "retry", "failed"],
] as const;

for (const [error, kind, failure] of CASES) {
  Deno.test(`refusalError(): ${error.code} ${error.kind} "${error.message}" is ${kind}, ${failure}`, () => {
    const judged = refusalError(error, "log in");
    assertEquals([judged.kind, judged.failure], [kind, failure]);
    assertEquals(judged.hint, failure === "not_ready" ? "log in" : undefined);
    assertEquals(judged.cause, error);
  });
}

// As the same agents refuse a session that they do not know.
const UNKNOWN = [
  [new RpcError(-32002, "Resource not found: x"), true],
  [new RpcError(-32602, "Invalid params"), true],
  [new RpcError(-32603, "No previous sessions found for this project."), true],
  [new RpcError(-32603, `Invalid session identifier "x".`), true],
  [new RpcError(-32603, "--resume requires a valid session ID or title"), true],
  [new RpcError(-32603, "Internal error: OpenCode service failure"), false],
  [new RpcError(429, "{}"), false],
] as const;

for (const [error, unknown] of UNKNOWN) {
  Deno.test(`isUnknownSession(): ${error.code} "${error.message}": ${unknown}`, () => {
    assertEquals(isUnknownSession(error), unknown);
  });
}
