/** Text for a terminal of 80 columns. */

const COLUMNS = 80;

/** `text` in lines that begin with `indent` spaces and are no longer than a terminal is wide, as far as words allow. */
export function fill(text: string, indent: number): string[] {
  const room = COLUMNS - indent;
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines.map((line) => " ".repeat(indent) + line);
}

/** Two columns: `left`, and `right` filled from column `at` on; on a line of its own where `left` is too long. */
export function columns(left: string, right: string, at: number): string[] {
  const filled = fill(right, at);
  const head = `  ${left}`;
  return head.length + 2 > at
    ? [head, ...filled]
    : [head.padEnd(at) + filled[0]!.slice(at), ...filled.slice(1)];
}
