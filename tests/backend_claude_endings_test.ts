/** How a turn of `claude-code` ends: what its stream means, and what cuts it short. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import type { BackendContext } from "../src/backends/backend.ts";
import { createBackend } from "../src/backends/registry.ts";
import { BackendError } from "../src/errors.ts";
import { type ClaudeStandIn, withClaude } from "./backend_claude_stand_in.ts";
import { testContext, testMessage } from "../src/testing/backend_context.ts";

/** A turn of a stand-in of which something happens. */
function turn(
  { bin }: ClaudeStandIn,
  model: string,
  context: Partial<BackendContext> = {},
) {
  return createBackend("claude-code", { bin, model })
    .handle(testMessage("hi"), testContext(context));
}

async function failure(...args: Parameters<typeof turn>) {
  const error = await turn(...args).then(
    (reply) => new Error(`an answer: ${JSON.stringify(reply)}`),
    (error: unknown) => error,
  );
  if (!(error instanceof BackendError)) throw error;
  return error;
}

withClaude(
  "claude-code waits as long as a usage limit lasts",
  async (claude) => {
    const error = await failure(claude, "limit");
    assertEquals(error.kind, "weather");
    assertStringIncludes(error.message, "5-hour limit");
    assert((error.retryAfterMs ?? 0) > 3_600_000);
  },
);

withClaude(
  "claude-code waits in an overload without an end",
  async (claude) => {
    const told: string[] = [];
    const progress = (text: string) => void told.push(text);
    const error = await failure(claude, "overload", { progress });
    assertEquals([error.kind, error.retryAfterMs], ["weather", undefined]);
    assertEquals(told, ["Waiting for the model"]);
  },
);

withClaude(
  "claude-code tells the tools that it uses by name only",
  async (claude) => {
    const told: string[] = [];
    await turn(claude, "tool", { progress: (text) => void told.push(text) });
    assertEquals(told[0], "Using Bash");
    assertEquals(told.length, 2);
    assert(told.every((text) => /^Using [\w.-]{1,40}$/.test(text)));
  },
);

withClaude(
  "claude-code tells the operator which tools it was denied",
  async (claude) => {
    const told: unknown[] = [];
    const log = {
      ...testContext().log,
      info: (_: string, fields?: unknown) => void told.push(fields),
    };
    await turn(claude, "denied", { log });
    assertStringIncludes(JSON.stringify(told), "Bash");
  },
);

for (
  const [model, kind, failed, says] of [
    ["crash", "retry", "failed", "something broke"],
    ["terminated", "retry", "failed", "SIGTERM"],
    ["exit-0-error", "retry", "failed", "half an answer"],
    ["max-turns", "final", "too_many_steps", "maximum number of turns"],
    ["long-line", "final", "too_large", "16 MiB"],
    ["long-answer", "final", "too_large", "4 MiB"],
    ["stderr-flood", "retry", "failed", "the end of it"],
  ] as const
) {
  withClaude(
    `claude-code fails at ${model}: ${kind}, ${failed}`,
    async (claude) => {
      const error = await failure(claude, model);
      assertEquals([error.kind, error.failure], [kind, failed]);
      assertStringIncludes(error.message, says);
      assert(error.message.length < 10_000);
      assertEquals(error.publicText, undefined);
    },
  );
}

for (
  const [model, answer] of [
    ["ansi", "red end"],
    ["two-results", "the last"],
    ["short-lines", "claude read: hi"],
  ] as const
) {
  withClaude(`claude-code answers after ${model}`, async (claude) => {
    const { parts } = await turn(claude, model);
    assertEquals(parts, [{ kind: "text", text: answer }]);
  });
}

withClaude(
  "claude-code answers although a process of it holds the pipes, and ends that process",
  async (claude) => {
    const warnings: string[] = [];
    const log = {
      ...testContext().log,
      warn: (line: string) => void warnings.push(line),
    };
    const { parts } = await turn(claude, "grandchild", { log });
    assertEquals(parts, [{ kind: "text", text: "claude read: hi" }]);
    assertEquals(warnings.length, 1);
  },
);

for (const model of ["hang", "answers-late"]) {
  withClaude(
    `claude-code is interrupted at a stop, and gives no answer then: ${model}`,
    async (claude) => {
      const stop = new AbortController();
      const reason = new Error("stop");
      const outcome = await turn(claude, model, {
        signal: stop.signal,
        progress: () => stop.abort(reason),
      }).catch((error: unknown) => error);
      assertEquals(outcome, reason);
      assert(await claude.interrupted());
    },
  );

  withClaude(
    `claude-code is interrupted at its time-out, and gives no answer then: ${model}`,
    async (claude) => {
      using time = new FakeTime();
      const begun = Promise.withResolvers<void>();
      const failing = failure(claude, model, {
        progress: () => begun.resolve(),
      });
      await begun.promise;
      await time.tickAsync(5 * 60_000);
      const error = await failing;
      assertEquals([error.kind, error.failure], ["final", "timeout"]);
      assert(await claude.interrupted());
    },
  );
}
