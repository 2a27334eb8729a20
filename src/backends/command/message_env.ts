/** Facts of a message as environment variables, for a child that wants them (`pass_meta`). */
import type { InboundMessage } from "../backend.ts";

/** Longest value in characters. They are ids, and a sender could fill the environment with more. */
const MAX_CHARS = 256;

/** A value that a sender chose, on one line and bounded. */
function plainValue(value: string): string {
  // deno-lint-ignore no-control-regex
  const line = value.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, "");
  return [...line].slice(0, MAX_CHARS).join("");
}

/** The variables; an unknown fact is an empty one. */
export function messageEnv(message: InboundMessage): Record<string, string> {
  return {
    MOLECULE_WORKSPACE_ID: plainValue(message.workspaceId),
    MOLECULE_CALLER_ID: plainValue(message.callerId),
    MOLECULE_MESSAGE_ID: plainValue(message.messageId),
    MOLECULE_TASK_ID: plainValue(message.taskId),
    MOLECULE_METHOD: plainValue(message.method),
  };
}
