/** What a program writes to steer a terminal. In a chat it is garbage. */

// Each piece ends before the next character that begins one, so that a broken sequence takes nothing else with it, and
// none is looked through twice.
const STRING_SEQUENCE =
  // deno-lint-ignore no-control-regex
  /(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x90\x98\x9c-\x9f]*(?:\x07|\x1b\\|\x9c)/g;
// deno-lint-ignore no-control-regex
const CONTROL_SEQUENCE = /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]/g;
// deno-lint-ignore no-control-regex
const SHORT_ESCAPE = /\x1b[ -/]*[0-~]/g;
// deno-lint-ignore no-control-regex
const BEGIN = /[\x1b\x90\x98\x9b\x9d-\x9f]/;

/** `text` without escape sequences: colours, movements of the cursor, titles, links. */
export function withoutEscapes(text: string): string {
  return BEGIN.test(text)
    ? text
      .replace(STRING_SEQUENCE, "")
      .replace(CONTROL_SEQUENCE, "")
      .replace(SHORT_ESCAPE, "")
    : text;
}
