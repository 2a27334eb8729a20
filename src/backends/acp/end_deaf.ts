/** The end of an agent that goes on with what it was to stop with: it would keep every other message waiting. */
import { BackendError } from "../../errors.ts";
import { within } from "../../os/within.ts";
import type { Agent } from "./agent.ts";

/** How long an agent may take to answer what nobody waits for any more. */
const ANSWER_MS = 2_000;

/** What other turns of an agent get that is ended because of this one. */
function endedForAnother(): BackendError {
  return new BackendError(
    "retry",
    "The agent was ended, because it went on with another message that it was to stop with",
    { uncounted: true },
  );
}

/** Ends `agent` unless it answers `asked` within a moment, be it with a refusal. */
export async function endDeaf(
  agent: Agent,
  asked: Promise<unknown>,
): Promise<void> {
  const settled = asked.then(() => {}, () => {});
  if (!await within(settled, ANSWER_MS)) await agent.end(endedForAnother());
}
