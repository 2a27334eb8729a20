/** What every back end has to do, whatever stands behind it. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Backend, Reply } from "../src/backends/backend.ts";
import { testContext, testMessage } from "./backend_context.ts";

/** A back end to test. */
export interface ContractSubject {
  /** For the names of the tests. */
  readonly name: string;
  /** Makes one whose answer has the message's text in it. */
  readonly make: () => Backend;
  /** Whether the tests cannot run on this system. */
  readonly ignore?: boolean;
}

function textOf(reply: Reply): string {
  return reply.parts.map((part) => part.kind === "text" ? part.text : "")
    .join("\n");
}

/** Registers the tests. */
export function backendContract(subject: ContractSubject): void {
  const { name, make, ignore = false } = subject;

  Deno.test({
    name: `${name} answers a message`,
    ignore,
    async fn() {
      const reply = await make().handle(testMessage("hällo 🙂"), testContext());
      assertStringIncludes(textOf(reply), "hällo 🙂");
    },
  });

  Deno.test({
    name: `${name} has a name and can say whether it is ready`,
    ignore,
    async fn() {
      const backend = make();
      assert(backend.name !== "");
      const { signal } = testContext();
      const readiness = await backend.check?.(signal) ?? { ready: true };
      assertEquals(readiness, { ready: true });
    },
  });

  Deno.test({
    name: `${name} takes a message without text, and sends no empty part`,
    ignore,
    async fn() {
      const message = testMessage("", { parts: [] });
      const { parts } = await make().handle(message, testContext());
      assert(parts.every((part) => part.kind !== "text" || part.text !== ""));
    },
  });

  Deno.test({
    name: `${name} gives each of several messages at once its own answer`,
    ignore,
    async fn() {
      const backend = make();
      const texts = Array.from({ length: 8 }, (_, index) => `text-${index}.`);
      const replies = await Promise.all(
        texts.map((text) => backend.handle(testMessage(text), testContext())),
      );
      for (const [index, reply] of replies.entries()) {
        assertStringIncludes(textOf(reply), texts[index]!);
      }
    },
  });

  Deno.test({
    name: `${name} rejects with the signal's reason where it has aborted`,
    ignore,
    async fn() {
      const stop = new Error("stop");
      const signal = AbortSignal.abort(stop);
      const outcome = await make()
        .handle(testMessage("hi"), testContext({ signal }))
        .catch((error: unknown) => error);
      assertEquals(outcome, stop);
    },
  });
}
