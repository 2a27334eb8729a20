/** Makes what a program wrote for a terminal fit for a chat. */
import { cleanText } from "../a2a/clean_text.ts";

// Each piece ends before the next character that begins one, so that a broken sequence takes nothing else with it, and
// none is looked through twice.
const STRING_SEQUENCE =
  // deno-lint-ignore no-control-regex
  /(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x90\x98\x9c-\x9f]*(?:\x07|\x1b\\|\x9c)/g;
// deno-lint-ignore no-control-regex
const CONTROL_SEQUENCE = /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]/g;
// deno-lint-ignore no-control-regex
const SHORT_ESCAPE = /\x1b[ -/]*[0-~]/g;

/** `text` without escape sequences and control characters; line ends become `\n`, tabs stay. */
export function plainText(text: string): string {
  return cleanText(
    text
      .replace(STRING_SEQUENCE, "")
      .replace(CONTROL_SEQUENCE, "")
      .replace(SHORT_ESCAPE, "")
      // A carriage return alone is how a line is painted over: nothing must be glued together.
      .replace(/\r+\n?/g, "\n"),
  );
}
