// deno-lint-ignore-file no-console
/**
 * Runs one turn of the back end `claude-code` in a process, and so in an environment, of its own: `claude_turn.ts FILE`,
 * where FILE has the JSON of a `Turn`. Writes a line of JSON for each progress, at last an `Outcome`. SIGUSR1 stops the turn.
 */
import { createBackend } from "../../src/backends/registry.ts";
import type {
  BackendContext,
  InboundMessage,
  Reply,
} from "../../src/backends/backend.ts";
import { BackendError } from "../../src/errors.ts";
import { testContext, testMessage } from "../../src/testing/backend_context.ts";

/** What is asked. */
export interface Turn {
  readonly text: string;
  readonly options: Readonly<Record<string, string>>;
  readonly message?: Partial<InboundMessage>;
  readonly context?: Partial<BackendContext>;
  readonly session: { readonly id: string; readonly fresh: boolean };
}

/** What came of it: one of the three. */
export interface Outcome {
  readonly reply?: Reply;
  readonly failed?: Pick<
    BackendError,
    "kind" | "failure" | "message" | "retryAfterMs"
  >;
  readonly stopped?: string;
}

async function run(turn: Turn): Promise<Outcome> {
  const stop = new AbortController();
  const onStop = () => stop.abort("told to");
  Deno.addSignalListener("SIGUSR1", onStop);
  try {
    const context = testContext({
      ...turn.context,
      session: { ...testContext().session, ...turn.session },
      signal: stop.signal,
      progress: (progress) => console.log(JSON.stringify({ progress })),
    });
    const backend = createBackend("claude-code", turn.options);
    const message = testMessage(turn.text, turn.message);
    return { reply: await backend.handle(message, context) };
  } catch (error) {
    if (!(error instanceof BackendError)) return { stopped: String(error) };
    const { kind, failure, message, retryAfterMs } = error;
    return { failed: { kind, failure, message, retryAfterMs } };
  } finally {
    Deno.removeSignalListener("SIGUSR1", onStop);
  }
}

const turn: Turn = JSON.parse(await Deno.readTextFile(Deno.args[0]!));
console.log(JSON.stringify(await run(turn)));
