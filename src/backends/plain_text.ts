/** Makes what a program wrote for a terminal fit for a chat. */

// Each piece ends before the next escape character, so that a broken sequence takes nothing else with it.
const STRING_SEQUENCE =
  // deno-lint-ignore no-control-regex
  /(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)/g;
// deno-lint-ignore no-control-regex
const CONTROL_SEQUENCE = /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]/g;
// deno-lint-ignore no-control-regex
const SHORT_ESCAPE = /\x1b[ -/]*[0-~]/g;
// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

/** `text` without escape sequences and control characters; line ends become `\n`, tabs stay. */
export function plainText(text: string): string {
  return text
    .replace(STRING_SEQUENCE, "")
    .replace(CONTROL_SEQUENCE, "")
    .replace(SHORT_ESCAPE, "")
    .replace(/\r+\n?/g, "\n")
    .replace(CONTROL, "");
}
