import { assertEquals } from "@std/assert";
import { BackendError } from "../../errors.ts";
import { RpcError } from "./connection.ts";
import { promptError } from "./prompt_error.ts";

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
  Deno.test(`promptError(): ${error.code} ${error.kind} "${error.message}" is ${kind}, ${failure}`, () => {
    const judged = promptError(error, "log in");
    if (!(judged instanceof BackendError)) throw judged;
    assertEquals([judged.kind, judged.failure], [kind, failure]);
    assertEquals(judged.hint, failure === "not_ready" ? "log in" : undefined);
    assertEquals(judged.cause, error);
  });
}

Deno.test("promptError() leaves what is no refusal as it is", () => {
  const error = new BackendError("retry", "The agent ended");
  assertEquals(promptError(error, "log in"), error);
});
