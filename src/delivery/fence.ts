/** Code fences of Markdown: one that a cut leaves open would swallow everything behind it. */

/** A fence that is open. */
export interface Fence {
  /** The line that opened it, with what it says of the language. */
  readonly line: string;
  /** The line that closes it. */
  readonly close: string;
}

const FENCE = /^([ \t]*)(`{3,}|~{3,})(.*)$/;
/** What an opening fence says beyond this is no language. */
const MAX_LINE_CHARS = 100;

/** The fence that is open at the end of `text`, where `before` was open at its beginning. */
export function openFence(text: string, before?: Fence): Fence | undefined {
  let open = before;
  for (const line of text.split("\n")) {
    const [, indent = "", marks = "", rest = ""] = FENCE.exec(line) ?? [];
    if (marks === "") continue;
    if (open === undefined) {
      // A line with more backticks is a piece of code inside a text.
      if (marks[0] === "`" && rest.includes("`")) continue;
      const head = `${indent}${marks}`.slice(0, MAX_LINE_CHARS);
      const info = rest.trimEnd();
      const fits = head.length + info.length <= MAX_LINE_CHARS;
      open = { line: fits ? `${head}${info}` : head, close: head };
    } else {
      const own = open.close.trimStart();
      const isClosed = marks[0] === own[0] && marks.length >= own.length &&
        rest.trim() === "";
      if (isClosed) open = undefined;
    }
  }
  return open;
}
