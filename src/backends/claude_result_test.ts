import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { BackendError, type BackendErrorKind } from "../errors.ts";
import { claudeReply, deniedTools, findResult } from "./claude_result.ts";

function end(
  stdout: unknown,
  { code = 0, stderr = "" }: { code?: number; stderr?: string } = {},
) {
  return {
    code,
    stdout: typeof stdout === "string" ? stdout : JSON.stringify(stdout),
    stderr,
    summary: `ended with exit code ${code}${stderr && `: ${stderr}`}`,
  };
}

function result(more: Record<string, unknown>): Record<string, unknown> {
  return { type: "result", subtype: "success", is_error: false, ...more };
}

Deno.test("claudeReply() takes text and usage from the result", () => {
  const usage = { input_tokens: 12, output_tokens: 3, other: 1 };
  assertEquals(claudeReply(end(result({ result: "hello", usage }))), {
    parts: [{ kind: "text", text: "hello" }],
    usage: { inputTokens: 12, outputTokens: 3 },
  });
});

Deno.test("claudeReply() takes no usage that is none", () => {
  for (
    const usage of [undefined, null, "x", {}, { input_tokens: -1 }, {
      output_tokens: "3",
    }]
  ) {
    assertEquals(
      claudeReply(end(result({ result: "a", usage }))).usage,
      undefined,
    );
  }
});

Deno.test("claudeReply() goes by is_error, not by the exit code", () => {
  const reply = claudeReply(end(result({ result: "a" }), { code: 1 }));
  assertEquals(reply.parts.length, 1);
});

Deno.test("claudeReply() has no parts where claude said nothing", () => {
  assertEquals(claudeReply(end(result({ result: " \n" }))).parts, []);
  assertEquals(claudeReply(end(result({}))).parts, []);
});

Deno.test("claudeReply() drops escape sequences that come through the JSON", () => {
  const { parts } = claudeReply(end(result({ result: "\x1b[1mbold\x1b[0m" })));
  assertEquals(parts, [{ kind: "text", text: "bold" }]);
});

Deno.test("findResult() finds the last result among other lines, or in the array of --verbose", () => {
  const last = result({ result: "last" });
  const lines = ["noise", "{", result({ result: "first" }), last, { a: 1 }, ""]
    .map((line) => typeof line === "string" ? line : JSON.stringify(line));
  assertEquals(findResult(lines.join("\n")), last);
  assertEquals(findResult(JSON.stringify([{ type: "system" }, last])), last);
});

Deno.test("findResult() takes nothing else for a result", () => {
  for (const stdout of ["", "null", "[]", `"result"`, `{"type":"system"}`]) {
    assertEquals(findResult(stdout), undefined);
  }
});

Deno.test("deniedTools() names the tools that were denied", () => {
  const permission_denials = [{ tool_name: "Bash" }, { tool_name: "Read" }];
  assertEquals(deniedTools({ permission_denials }), ["Bash", "Read"]);
  assertEquals(deniedTools({}), []);
});

const FAILURES: Readonly<
  Record<string, readonly [BackendErrorKind, ReturnType<typeof end>, string]>
> = {
  "a usage limit": [
    "weather",
    end(result({
      is_error: true,
      api_error_status: 429,
      result: "You've hit your 5-hour limit · resets 12:11pm (UTC)",
    })),
    "5-hour limit",
  ],
  "an overload": [
    "weather",
    end(result({ is_error: true, api_error_status: 529, result: "busy" })),
    "busy",
  ],
  "an overload told in the text only": [
    "weather",
    end(result({ is_error: true, result: "API Error: 529 overloaded" })),
    "529",
  ],
  "a refused key": [
    "final",
    end(result({ is_error: true, api_error_status: 401, result: "no" })),
    "no",
  ],
  "nobody logged in": [
    "final",
    end(
      result({ is_error: true, result: "Not logged in · Please run /login" }),
    ),
    "Not logged in",
  ],
  "too many turns": [
    "final",
    end({
      type: "result",
      subtype: "error_max_turns",
      is_error: true,
      errors: ["Reached maximum number of turns (1)"],
    }),
    "maximum number of turns",
  ],
  "a spent budget": [
    "final",
    end({ type: "result", subtype: "error_max_budget_usd", is_error: true }),
    "error_max_budget_usd",
  ],
  "an interrupt, although its exit code is 0": [
    "retry",
    end({ type: "result", subtype: "error_during_execution", is_error: true }),
    "error_during_execution",
  ],
  "another error of the API": [
    "retry",
    end(result({ is_error: true, api_error_status: 500, result: "oops" })),
    "oops",
  ],
  "a result that does not say whether it is one": [
    "retry",
    end({ type: "result", result: "text" }),
    "text",
  ],
  "no result": ["retry", end("", { code: 143 }), "exit code 143"],
  "something else on stdout": ["retry", end("Hello?", { code: 0 }), "Hello?"],
  "an unknown option": [
    "final",
    end("", { code: 1, stderr: "error: unknown option '--frob'" }),
    "--frob",
  ],
  "nobody logged in, told on stderr": [
    "final",
    end("", { code: 1, stderr: "Invalid API key · Please run /login" }),
    "Invalid API key",
  ],
};

for (const [what, [kind, run, message]] of Object.entries(FAILURES)) {
  Deno.test(`claudeReply() calls it ${kind}: ${what}`, () => {
    const error = assertThrows(() => claudeReply(run), BackendError);
    assertEquals(error.kind, kind);
    assertStringIncludes(error.message, message);
  });
}
