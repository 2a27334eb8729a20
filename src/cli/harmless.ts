/** Texts that strangers chose, as a terminal may show them. */
import { oneLine } from "../log.ts";

/** What makes a terminal show text in another order than it has. */
const DIRECTIONS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** `text` as one line in which nothing acts: control characters are shown, not sent. */
export function harmless(text: string): string {
  return oneLine(text.toWellFormed()).replace(
    DIRECTIONS,
    (char) => `\\u${char.charCodeAt(0).toString(16)}`,
  );
}

/** How many columns `char` takes at most: letters of other scripts and pictures may be two wide. */
function widthOf(char: string): number {
  return char === "…" || char.codePointAt(0)! < 0x300 ? 1 : 2;
}

/** As much of `text` as surely fits into `columns`. */
export function cut(text: string, columns: number): string {
  // Nothing narrower than a column: what is beyond so many characters is cut anyway.
  const chars = [...text.slice(0, 2 * columns + 2)];
  let width = chars.reduce((sum, char) => sum + widthOf(char), 0);
  if (width <= columns) return chars.join("");
  while (width > columns - 1) width -= widthOf(chars.pop()!);
  return `${chars.join("")}…`;
}

/** `text`, cut or filled up with spaces to `columns`. */
export function column(text: string, columns: number): string {
  const shown = cut(text, columns);
  const width = [...shown].reduce((sum, char) => sum + widthOf(char), 0);
  return shown + " ".repeat(columns - width);
}
