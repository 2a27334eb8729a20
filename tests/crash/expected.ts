/** What a message should have brought its sender, whatever was killed when. */
import { failureText } from "../../src/delivery/failure_text.ts";
import { bubblesOf } from "../../src/delivery/long_text.ts";
import { REFUSED } from "../../src/delivery/refused.ts";
import type { CrashJob } from "./child.ts";
import { answerTo, HUGE, isStopped, MENDED } from "./script.ts";
import { isPeer, type Sent } from "./sent.ts";

/** The texts, in order; `given` are the rows of messages that were given up. */
export function expectedOf(
  { row, from, text }: Sent,
  given: ReadonlySet<string>,
  { allowOrigins }: CrashJob,
): string[] {
  const isPerson = from === "person";
  if (isPerson && allowOrigins?.includes("canvas") === false) return [REFUSED];
  if (isStopped(text)) return []; // one word for all of them
  const answer = answerTo(text);
  const failure = failureText(isPeer(from) ? "peer" : "canvas");
  if (answer === undefined || given.has(row)) return [failure];
  if (isPerson && text.startsWith(HUGE)) return bubblesOf(answer);
  return text.startsWith(MENDED) ? [failure, answer] : [answer];
}
