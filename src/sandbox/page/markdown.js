// @ts-check
/**
 * GitHub's Markdown as far as the chat shows it, as a tree. HTML is text. Pure: markdown_dom.js makes nodes of it.
 */
import { parseInline } from "./markdown_inline.js";

/**
 * @typedef {import("./markdown_inline.js").Inline} Inline
 * @typedef {{ checked: boolean | undefined, blocks: Block[] }} Item
 * @typedef {"left" | "center" | "right" | undefined} Align
 * @typedef {{ type: "paragraph", children: Inline[] }
 *   | { type: "heading", level: number, children: Inline[] }
 *   | { type: "code", language: string, text: string }
 *   | { type: "quote", blocks: Block[] }
 *   | { type: "list", ordered: boolean, start: number, items: Item[] }
 *   | { type: "table", align: Align[], head: Inline[][], rows: Inline[][][] }
 *   | { type: "rule" }} Block
 */

/** A longer text is shown as it is: what nobody reads needs no layout. */
const MAX_LENGTH = 200_000;

/** Lists and quotes nested deeper are text. */
const MAX_DEPTH = 12;

/** A larger table is shown as it is: a browser lays out each of its cells. */
const MAX_COLUMNS = 50;
const MAX_CELLS = 5_000;

const FENCE = /^ {0,3}(`{3,}|~{3,}) *([^`]*)$/;
const HEADING = /^ {0,3}(#{1,6})(?:[ \t]|$)/;
const RULE = /^ {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])(?: ( *)|$)/;
const TASK = /^\[([ xX])\] /;

/**
 * @param {string} text
 * @returns {Block[]}
 */
export function parseMarkdown(text) {
  if (text.length > MAX_LENGTH) {
    return [{ type: "code", language: "", text }];
  }
  const lines = text.replaceAll("\r\n", "\n").replaceAll("\t", "    ")
    .split("\n");
  return blocksOf(lines, 0);
}

/**
 * @param {string[]} lines
 * @param {number} depth
 * @returns {Block[]}
 */
function blocksOf(lines, depth) {
  /** @type {Block[]} */
  const blocks = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? "";
    if (line.trim() === "") at += 1;
    else {
      const read = readBlock(lines, at, depth);
      blocks.push(read.block);
      at = read.next;
    }
  }
  return blocks;
}

/**
 * @typedef {{ block: Block, next: number }} Read
 *
 * @param {string[]} lines
 * @param {number} at
 * @param {number} depth
 * @returns {Read}
 */
function readBlock(lines, at, depth) {
  const line = lines[at] ?? "";
  const fence = FENCE.exec(line);
  if (fence !== null) return readFence(lines, at, fence);
  const heading = HEADING.exec(line);
  if (heading !== null) {
    const level = heading[1]?.length ?? 1;
    const text = line.slice(heading[0].length).trim().replace(/(?:^| )#+$/, "");
    const children = parseInline(text.trim());
    return { block: { type: "heading", level, children }, next: at + 1 };
  }
  if (RULE.test(line)) return { block: { type: "rule" }, next: at + 1 };
  if (/^ {4}/.test(line)) return readIndented(lines, at);
  if (depth < MAX_DEPTH) {
    if (QUOTE.test(line)) return readQuote(lines, at, depth);
    if (ITEM.test(line)) return readList(lines, at, depth);
  }
  return readTable(lines, at) ?? readParagraph(lines, at, depth);
}

/**
 * @param {string[]} lines
 * @param {number} at
 * @param {RegExpExecArray} fence
 * @returns {Read}
 */
function readFence(lines, at, fence) {
  const mark = fence[1] ?? "";
  const indent = fence[0].length - fence[0].trimStart().length;
  const language = (fence[2] ?? "").trim().split(" ")[0] ?? "";
  let end = at + 1;
  while (end < lines.length && !closes(lines[end] ?? "", mark)) end += 1;
  const inner = lines.slice(at + 1, end).map((line) => outdent(line, indent));
  const block = /** @type {const} */ ({
    type: "code",
    language,
    text: inner.join("\n"),
  });
  return { block, next: end + 1 };
}

/**
 * @param {string} line
 * @param {string} mark
 */
function closes(line, mark) {
  const bare = line.trim();
  return bare.length >= mark.length &&
    bare === mark.charAt(0).repeat(bare.length);
}

/**
 * @param {string[]} lines
 * @param {number} at
 * @returns {Read}
 */
function readIndented(lines, at) {
  let end = at;
  while (end < lines.length && /^ {4}|^\s*$/.test(lines[end] ?? "")) end += 1;
  const text = lines.slice(at, end).map((line) => outdent(line, 4)).join("\n")
    .trimEnd();
  return { block: { type: "code", language: "", text }, next: end };
}

/**
 * @param {string[]} lines
 * @param {number} at
 * @param {number} depth
 * @returns {Read}
 */
function readQuote(lines, at, depth) {
  let end = at;
  while (end < lines.length && QUOTE.test(lines[end] ?? "")) end += 1;
  const inner = lines.slice(at, end).map((line) => line.replace(QUOTE, ""));
  const blocks = blocksOf(inner, depth + 1);
  return { block: { type: "quote", blocks }, next: end };
}

/**
 * @param {string[]} lines
 * @param {number} at
 * @param {number} depth
 * @returns {Read}
 */
function readList(lines, at, depth) {
  const first = ITEM.exec(lines[at] ?? "");
  const kind = kindOf(first);
  /** @type {Item[]} */
  const items = [];
  let next = at;
  for (;;) {
    const match = ITEM.exec(lines[next] ?? "");
    if (
      match === null || kindOf(match) !== kind || RULE.test(lines[next] ?? "")
    ) {
      break;
    }
    const end = endOfItem(lines, next, match);
    items.push(itemOf(lines.slice(next, end), match, depth));
    next = end;
    // Blank lines between two items belong to neither.
    let ahead = next;
    while (ahead < lines.length && (lines[ahead] ?? "").trim() === "") {
      ahead += 1;
    }
    if (ITEM.test(lines[ahead] ?? "")) next = ahead;
  }
  const ordered = kind === "." || kind === ")";
  const start = ordered ? Number.parseInt(first?.[2] ?? "1", 10) : 1;
  return { block: { type: "list", ordered, start, items }, next };
}

/**
 * The mark of a list: items with another one are another list.
 *
 * @param {RegExpExecArray | null} match
 */
function kindOf(match) {
  return (match?.[2] ?? "").slice(-1);
}

/** @param {RegExpExecArray} match */
function indentOf(match) {
  const [, before = "", mark = "", gap = ""] = match;
  return before.length + mark.length + 1 + (gap.length < 4 ? gap.length : 0);
}

/**
 * The first line that does not belong to the item any more.
 *
 * @param {string[]} lines
 * @param {number} at
 * @param {RegExpExecArray} match
 */
function endOfItem(lines, at, match) {
  const indent = indentOf(match);
  let end = at + 1;
  let isLoose = false;
  for (let ahead = end; ahead < lines.length; ahead += 1) {
    const line = lines[ahead] ?? "";
    if (line.trim() === "") {
      isLoose = true;
      continue;
    }
    const inside = line.length - line.trimStart().length >= indent;
    if (!inside && (isLoose || ITEM.test(line) || startsBlock(line))) break;
    isLoose = false;
    end = ahead + 1;
  }
  return end;
}

/**
 * @param {string[]} lines
 * @param {RegExpExecArray} match
 * @param {number} depth
 * @returns {Item}
 */
function itemOf(lines, match, depth) {
  const indent = indentOf(match);
  const inner = lines.map((line, at) =>
    at === 0 ? line.slice(match[0].length) : outdent(line, indent)
  );
  const task = TASK.exec(inner[0] ?? "");
  if (task !== null) inner[0] = (inner[0] ?? "").slice(task[0].length);
  const checked = task === null ? undefined : task[1] !== " ";
  return { checked, blocks: blocksOf(inner, depth + 1) };
}

/**
 * @param {string[]} lines
 * @param {number} at
 * @returns {Read | undefined}
 */
function readTable(lines, at) {
  const head = lines[at] ?? "";
  const marks = lines[at + 1] ?? "";
  if (!head.includes("|") || !marks.includes("-")) return undefined;
  const titles = cellsOf(head);
  const rules = cellsOf(marks);
  if (
    rules.length !== titles.length ||
    !rules.every((rule) => /^:?-+:?$/.test(rule))
  ) return undefined;
  let end = at + 2;
  while (
    end < lines.length && (lines[end] ?? "").trim() !== "" &&
    !startsBlock(lines[end] ?? "")
  ) end += 1;
  const isTooLarge = titles.length > MAX_COLUMNS ||
    titles.length * (end - at - 1) > MAX_CELLS;
  if (isTooLarge) {
    const text = lines.slice(at, end).join("\n");
    return { block: { type: "code", language: "", text }, next: end };
  }
  // A short row stays short: filled up, many of them would be far more than what was written.
  const rows = lines.slice(at + 2, end).map((line) =>
    cellsOf(line).slice(0, titles.length).map(parseInline)
  );
  const block = /** @type {const} */ ({
    type: "table",
    align: rules.map(alignOf),
    head: titles.map(parseInline),
    rows,
  });
  return { block, next: end };
}

/**
 * @param {string} line
 * @returns {string[]}
 */
function cellsOf(line) {
  const bare = line.trim().replace(/^\|/, "").replace(/([^\\]|^)\|$/, "$1");
  return bare.split(/(?<!\\)\|/).map((cell) =>
    cell.replaceAll("\\|", "|").trim()
  );
}

/**
 * @param {string} rule
 * @returns {Align}
 */
function alignOf(rule) {
  if (rule.endsWith(":")) return rule.startsWith(":") ? "center" : "right";
  return rule.startsWith(":") ? "left" : undefined;
}

/**
 * @param {string[]} lines
 * @param {number} at
 * @param {number} depth
 * @returns {Read}
 */
function readParagraph(lines, at, depth) {
  let end = at + 1;
  while (end < lines.length) {
    const line = lines[end] ?? "";
    const under = /^ {0,3}(=+|-+) *$/.exec(line);
    if (under !== null) {
      const level = under[1]?.startsWith("=") ? 1 : 2;
      const children = inlineOf(lines.slice(at, end));
      return { block: { type: "heading", level, children }, next: end + 1 };
    }
    if (line.trim() === "" || (startsBlock(line) && depth < MAX_DEPTH)) break;
    end += 1;
  }
  const children = inlineOf(lines.slice(at, end));
  return { block: { type: "paragraph", children }, next: end };
}

/** @param {string[]} lines */
function inlineOf(lines) {
  return parseInline(lines.map((line) => line.trimStart()).join("\n").trim());
}

/**
 * Whether a line ends the paragraph above it. Only a list that begins with 1 does: a sentence may end in "1984."
 *
 * @param {string} line
 */
function startsBlock(line) {
  const item = ITEM.exec(line);
  const isList = item !== null && line.length > item[0].length &&
    !/^\d/.test((item[2] ?? "").replace(/^1[.)]$/, ""));
  return isList || FENCE.test(line) || HEADING.test(line) ||
    QUOTE.test(line) || RULE.test(line);
}

/**
 * @param {string} line
 * @param {number} columns
 */
function outdent(line, columns) {
  const spaces = line.length - line.trimStart().length;
  return line.slice(Math.min(spaces, columns));
}
