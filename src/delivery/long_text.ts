/** Texts that are too long for one bubble: a long one makes the whole page of the chat slow. */
import { cutAt } from "./cut_text.ts";
import { type Fence, openFence } from "./fence.ts";

/** One bubble is at most so long, in UTF-16 units, with all that is added to it. */
export const MAX_BUBBLE_CHARS = 10_000;
/** A text that cannot be attached is shown in so many bubbles at most. */
const MAX_BUBBLES = 10;
/** Under this name the whole text is attached. */
export const WHOLE_NAME = "answer.md";

const WHOLE_NOTE =
  `(This is the beginning of a long answer. All of it is attached: ${WHOLE_NAME})`;

const count = new Intl.NumberFormat("en-US");

/** What the last bubble says of what is left of a text. */
function missingNote(chars: number): string {
  return `(This answer was too long, and could not be attached: ${
    count.format(chars)
  } more characters of it are missing.)`;
}

interface Piece {
  readonly text: string;
  /** How much of the given text it took. */
  readonly taken: number;
  /** What is open behind it. */
  readonly fence: Fence | undefined;
}

/** The beginning of `text` as a piece of at most `most` units that stands for itself, with `fence` open before it. */
function piece(text: string, most: number, fence: Fence | undefined): Piece {
  const head = fence === undefined ? "" : `${fence.line}\n`;
  let room = most - head.length;
  for (;;) {
    const taken = cutAt(text, room);
    const content = text.slice(0, taken).trimEnd();
    const open = openFence(content, fence);
    const tail = open === undefined ? "" : `\n${open.close}`;
    const whole = `${head}${content}${tail}`;
    if (whole.length <= most) return { text: whole, taken, fence: open };
    room -= tail.length;
  }
}

/** The one bubble of a text that is attached as a whole: its beginning, and where the rest is. */
export function beginning(text: string): string {
  const note = `\n\n${WHOLE_NOTE}`;
  return piece(text, MAX_BUBBLE_CHARS - note.length, undefined).text + note;
}

/** `text` with `note` as a paragraph of its own behind it: a list, a table or an open fence would swallow it. */
export function withNote(text: string, note: string): string {
  if (note === "") return text;
  if (text.trim() === "") return note;
  const open = openFence(text);
  const end = open === undefined ? "" : `\n${open.close}`;
  return `${text}${end}\n\n${note}`;
}

/** A text as bubbles, ten at most. The last one says how much is missing, and ends with `note`. */
export function bubblesOf(text: string, note = ""): string[] {
  const behind = note === "" ? "" : `\n\n${note}`;
  const most = MAX_BUBBLE_CHARS - behind.length;
  const bubbles: string[] = [];
  let rest = text.trimEnd();
  let fence: Fence | undefined;
  for (;;) {
    const last = piece(rest, most, fence);
    if (last.taken === rest.length) return [...bubbles, last.text + behind];
    if (bubbles.length === MAX_BUBBLES - 1) break;
    const next = piece(rest, MAX_BUBBLE_CHARS, fence);
    if (next.text.trim() !== "") bubbles.push(next.text);
    rest = rest.slice(next.taken);
    fence = next.fence;
  }
  const longest = missingNote(rest.length).length + 2;
  const last = piece(rest, most - longest, fence);
  const missing = missingNote(rest.length - last.taken);
  return [...bubbles, `${last.text}\n\n${missing}${behind}`];
}
