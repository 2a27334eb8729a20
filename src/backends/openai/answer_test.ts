import { assertEquals, assertThrows } from "@std/assert";
import { BackendError } from "../../errors.ts";
import { isTooLong, readChat, readError } from "./answer.ts";

function body(
  message: unknown,
  more: Record<string, unknown> = {},
  finish: unknown = "stop",
): string {
  return JSON.stringify({
    choices: [{ index: 0, message, finish_reason: finish }],
    ...more,
  });
}

const TEXTS: readonly (readonly [name: string, body: string, text: string])[] =
  [
    ["a text", body({ role: "assistant", content: "hello" }), "hello"],
    ["a message without a role", body({ content: "hello" }), "hello"],
    ["no finish_reason", body({ content: "hello" }, {}, null), "hello"],
    [
      "parts",
      body({
        content: [
          { type: "thinking", thinking: "hm", text: "hm" },
          { type: "text", text: "hel" },
          { text: "lo" },
          { type: "image_url", image_url: {} },
          null,
        ],
      }),
      "hello",
    ],
    [
      "reasoning beside the answer",
      body({ content: "hello", reasoning_content: "hm", reasoning: "hm" }),
      "hello",
    ],
    [
      "reasoning inside the answer, which is left alone",
      body({ content: "<think>hm</think>hello" }),
      "<think>hm</think>hello",
    ],
    [
      "a refusal in words",
      body({ content: null, refusal: "I'd rather not." }),
      "I'd rather not.",
    ],
    ["nothing to say", body({ content: "" }), ""],
    ["no content", body({ content: null, tool_calls: [] }), ""],
  ];

for (const [name, given, text] of TEXTS) {
  Deno.test(`readChat() reads ${name}`, () => {
    assertEquals(readChat(given, "s").text, text);
  });
}

Deno.test("readChat() tells that an answer was cut off", () => {
  assertEquals(readChat(body({ content: "hel" }, {}, "length"), "s"), {
    text: "hel",
    cutOff: true,
    usage: undefined,
  });
});

const USAGES: readonly (readonly [unknown, unknown])[] = [
  [{ prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 }, {
    inputTokens: 12,
    outputTokens: 3,
  }],
  [{ prompt_tokens: 12 }, { inputTokens: 12 }],
  [{ prompt_tokens: -1, completion_tokens: "3" }, undefined],
  [null, undefined],
  ["7", undefined],
];
for (const [usage, expected] of USAGES) {
  Deno.test(`readChat() takes ${JSON.stringify(usage)} for usage`, () => {
    const given = body({ content: "hello" }, { usage });
    assertEquals(readChat(given, "s").usage, expected);
  });
}

const FAILURES: readonly (readonly [string, string, string, string])[] = [
  ["no JSON", "hello", "retry", "failed"],
  ["a list", "[]", "retry", "failed"],
  ["no choices", "{}", "retry", "failed"],
  ["an empty list of choices", `{"choices":[]}`, "retry", "failed"],
  ["a choice without a message", `{"choices":[{}]}`, "retry", "failed"],
  [
    "the content filter's end",
    body({ content: "half of" }, {}, "content_filter"),
    "final",
    "refused",
  ],
  [
    "nothing but thoughts up to the limit",
    body({ content: "", reasoning_content: "hm" }, {}, "length"),
    "final",
    "too_large",
  ],
  [
    "tool calls",
    body(
      { content: null, tool_calls: [{ id: "1", type: "function" }] },
      {},
      "tool_calls",
    ),
    "final",
    "failed",
  ],
];
for (const [name, given, kind, failure] of FAILURES) {
  Deno.test(`readChat() takes ${name} for a failure`, () => {
    const error = assertThrows(() => readChat(given, "s"), BackendError);
    assertEquals([error.kind, error.failure], [kind, failure]);
  });
}

Deno.test("readError() reads errors of every make", () => {
  const text = (error: unknown) => readError({ error });
  assertEquals(text({ message: "no", type: "t", code: "c" }), {
    message: "no",
    code: "c",
    status: undefined,
  });
  assertEquals(text({ message: "slow down", code: 429 })?.status, 429);
  assertEquals(text({ message: "no", code: 7 })?.status, undefined);
  assertEquals(text("model 'x' not found")?.message, "model 'x' not found");
  assertEquals(text({})?.message, "an error without a message");
  assertEquals(text(undefined), undefined);
  assertEquals(text(null), undefined);
});

const TOO_LONG: readonly (readonly [message: string, code: string])[] = [
  ["whatever", "context_length_exceeded"],
  ["whatever", "exceed_context_size_error"],
  [
    "This model's maximum context length is 4096 tokens. However, you requested 5000",
    "400",
  ],
  ["the request exceeds the available context size", ""],
  [
    "Request too large for gpt-4o in organization org-1 on tokens per min (TPM): Limit 30000, Requested 45000. The input or output tokens must be reduced in order to run successfully.",
    "rate_limit_exceeded",
  ],
];
for (const [message, code] of TOO_LONG) {
  Deno.test(`isTooLong() knows ${code} ${message}`, () => {
    assertEquals(isTooLong({ message, code, status: undefined }), true);
  });
}

Deno.test("isTooLong() does not take every refusal for one", () => {
  for (
    const [message, code] of [
      [
        "Unsupported value: 'temperature' does not support 0.2",
        "unsupported_value",
      ],
      // A smaller question would not help: time does.
      [
        "Rate limit reached for gpt-4o in organization org-1 on tokens per min (TPM): Limit 30000, Used 29000, Requested 4500. Please try again in 7s.",
        "rate_limit_exceeded",
      ],
    ] as const
  ) {
    assertEquals(isTooLong({ message, code, status: undefined }), false);
  }
});
