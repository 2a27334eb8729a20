import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  BackendError,
  type BackendErrorKind,
  type FailureKind,
} from "../../errors.ts";
import {
  claudeReply,
  type ClaudeRun,
  deniedTools,
  sessionRefusal,
} from "./result.ts";
import type { JsonObject } from "./stream.ts";

/** A run that printed `result`, or something else. */
function end(
  printed: JsonObject | string,
  { code = 0, stderr = "", resetsAt, retryStatus }: {
    code?: number;
    stderr?: string;
    resetsAt?: number;
    retryStatus?: number;
  } = {},
): ClaudeRun {
  return {
    end: {
      stderr,
      summary: `ended with exit code ${code}${stderr && `: ${stderr}`}`,
    },
    stream: {
      result: typeof printed === "string" ? undefined : printed,
      stray: typeof printed === "string" ? printed : "",
      resetsAt,
      retryStatus,
    },
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

Deno.test("claudeReply() refuses an answer of more than 4 MiB", () => {
  const fits = "ä".repeat(2 * 1024 * 1024);
  assertEquals(claudeReply(end(result({ result: fits }))).parts.length, 1);
  const error = assertThrows(
    () => claudeReply(end(result({ result: `${fits}.` }))),
    BackendError,
  );
  assertEquals([error.kind, error.failure], ["final", "too_large"]);
});

Deno.test("claudeReply() waits until a limit ends, where claude told when", () => {
  const limit = result({ is_error: true, api_error_status: 429 });
  const wait = (resetsAt: number) =>
    assertThrows(
      () => claudeReply(end(limit, { resetsAt })),
      BackendError,
    ).retryAfterMs;
  const left = wait(Date.now() + 3_600_000);
  assert(left !== undefined && left > 0 && left <= 3_600_000);
  assertEquals(wait(Date.now() - 1), undefined);
});

for (
  const [what, run, refusal] of [
    [
      "an unknown session, on stderr",
      end("", { stderr: "No conversation found with session ID: 1" }),
      "unknown",
    ],
    [
      "an unknown session, as a result",
      end({
        type: "result",
        is_error: true,
        errors: ["No conversation found with session ID: 1"],
      }),
      "unknown",
    ],
    [
      "a session that exists",
      end("", { stderr: "Error: Session ID 1 is already in use." }),
      "taken",
    ],
    [
      "an answer that speaks of sessions",
      end(result({ result: "No conversation found, is already in use" }), {
        stderr: "is already in use",
      }),
      undefined,
    ],
    [
      "an error whose text the model wrote",
      end(result({ is_error: true, result: "No conversation found" })),
      undefined,
    ],
    ["another failure", end("", { stderr: "broken" }), undefined],
  ] as const
) {
  Deno.test(`sessionRefusal() tells ${what}`, () => {
    assertEquals(sessionRefusal(run), refusal);
  });
}

Deno.test("deniedTools() names the tools that were denied", () => {
  const permission_denials = [{ tool_name: "Bash" }, { tool_name: "Read" }];
  assertEquals(deniedTools({ permission_denials }), ["Bash", "Read"]);
  assertEquals(deniedTools({}), []);
});

const FAILURES: Readonly<
  Record<
    string,
    readonly [BackendErrorKind, ClaudeRun, string, FailureKind?]
  >
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
  "an overload told by the last try only": [
    "weather",
    end(result({ is_error: true, api_error_status: null, result: "hm" }), {
      retryStatus: 529,
    }),
    "hm",
  ],
  "repeated overload, as 2.1.197 tells it": [
    "weather",
    end(result({
      is_error: true,
      api_error_status: null,
      result:
        "API Error: Repeated 529 Overloaded errors. The API is at capacity",
    })),
    "capacity",
  ],
  "a usage limit, as 2.0.30 tells it": [
    "weather",
    end(
      result({ is_error: true, result: "Session limit reached ∙ resets 10pm" }),
    ),
    "resets 10pm",
  ],
  "a usage limit told in the text only": [
    "weather",
    end(result({ is_error: true, result: "You've hit your weekly limit" })),
    "weekly limit",
  ],
  "an API that cannot be reached": [
    "weather",
    end(result({
      is_error: true,
      api_error_status: null,
      result: "API Error: Unable to connect to API (ConnectionRefused)",
    })),
    "ConnectionRefused",
  ],
  "no credit": [
    "final",
    end(
      result({
        is_error: true,
        api_error_status: 400,
        result: "Credit balance is too low",
      }),
    ),
    "Credit",
    "limit",
  ],
  "a refusal": [
    "final",
    end(
      result({
        is_error: true,
        result:
          "API Error: Claude Code is unable to respond to this request, which appears to violate our Usage Policy",
      }),
    ),
    "Usage Policy",
    "refused",
  ],
  "a conversation that has become too long": [
    "final",
    end(result({ is_error: true, result: "Prompt is too long" })),
    "too long",
  ],
  "a refused key": [
    "final",
    end(result({ is_error: true, api_error_status: 401, result: "no" })),
    "no",
    "not_ready",
  ],
  "nobody logged in": [
    "final",
    end(
      result({ is_error: true, result: "Not logged in · Please run /login" }),
    ),
    "Not logged in",
    "not_ready",
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
    "too_many_steps",
  ],
  "a spent budget": [
    "final",
    end({ type: "result", subtype: "error_max_budget_usd", is_error: true }),
    "error_max_budget_usd",
    "limit",
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
    "not_ready",
  ],
  "nobody logged in, told on stderr": [
    "final",
    end("", { code: 1, stderr: "Invalid API key · Please run /login" }),
    "Invalid API key",
    "not_ready",
  ],
};

for (const [what, [kind, run, message, how]] of Object.entries(FAILURES)) {
  Deno.test(`claudeReply() calls it ${kind}: ${what}`, () => {
    const error = assertThrows(() => claudeReply(run), BackendError);
    assertEquals(error.kind, kind);
    assertStringIncludes(error.message, message);
    assertEquals(error.failure, how ?? "failed");
    assertEquals(
      error.publicText,
      undefined,
      "a sender reads no agent's words",
    );
  });
}
