/** What the back end of the crash suites says to which text, known to the killed process and to whoever checks it. */
import { RESET_REPLY } from "../../src/delivery/reset.ts";
import { isWaitText } from "../../src/delivery/wait_text.ts";

/** A beginning of a text that decides what is answered. */
export const SAME = "same";
/** Answered with more than stands in the state file itself. */
export const LONG = "long";
/** Answered with more than one bubble holds. */
export const HUGE = "huge";
/** Never answered: each of its turns fails. */
export const POISON = "poison";

/** Never answered while the back end is sick. */
export const MENDED = "mended";
/** Answered with a file beside the text. */
export const FILE = "file";
/** Comes with a file that says this, or is answered with a complaint. */
export const BRING = "bring";
export const BROUGHT = "a letter";
/** A process runs during its turn. */
export const SPAWN = "spawn";

/** Answered by nobody: a person presses Stop while its turn goes on without an end. */
export const ENDLESS = "endless";
/** Written before that Stop as well. */
export const BEFORE_STOP = "before the Stop";

/** Begins a new session of its conversation, where the connector is told so. */
export const RESET = "/new";

/** Answered at its second turn: at the first one the back end is overloaded. */
export const STORM = "storm";

/** The answer to `text`; undefined where every turn fails. */
export function answerTo(text: string, isSick = false): string | undefined {
  if (text.startsWith(POISON)) return undefined;
  if (text.startsWith(MENDED) && isSick) return undefined;
  if (text === RESET) return RESET_REPLY;
  if (text.startsWith(SAME)) return "the same as ever";
  if (text.startsWith(LONG)) return `re: ${text} ${"long ".repeat(1_000)}`;
  if (text.startsWith(HUGE)) {
    const lines = Array.from({ length: 1_500 }, (_, i) => `${text}: line ${i}`);
    return lines.join("\n");
  }
  return `re: ${text}`;
}

/** Whether a text answers a message: that one waits is no answer to it. */
export function isAnswer(text: string): boolean {
  return !isWaitText(text);
}

/** Whether a person's Stop ends it. */
export function isStopped(text: string): boolean {
  return text.startsWith(ENDLESS) || text.startsWith(BEFORE_STOP);
}

/** How many turns the answer to `text` takes where nothing cuts them. */
export function turnsOf(text: string): number {
  return text.startsWith(STORM) ? 2 : 1;
}
