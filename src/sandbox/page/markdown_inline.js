// @ts-check
/**
 * What stands inside a paragraph: emphasis, code, links. In one pass and in time linear in the text, whatever an agent
 * sends.
 */

/**
 * @typedef {{ type: "text", text: string }
 *   | { type: "code", text: string }
 *   | { type: "break" }
 *   | { type: "strong" | "em" | "del", children: Inline[] }
 *   | { type: "link", href: string, children: Inline[] }} Inline
 */

/**
 * An opening mark that may still find its end.
 *
 * @typedef {{ char: string, count: number, at: number }} Opener
 */

/** Marks within marks beyond this are text: what is nested deeper than a stack is nobody's emphasis. */
const MAX_OPENERS = 50;

const URL_START = /https?:\/\/[^\s<>"`]+/y;
const ANGLE_URL = /<(https?:\/\/[^\s<>]+)>/y;
const LINK_TARGET =
  /\(\s*<?([^\s()<>]+(?:\([^\s()<>]*\)[^\s()<>]*)*)>?(?:\s+"[^"\n]*")?\s*\)/y;
const ESCAPABLE = /[!-/:-@[-`{-~]/;

/**
 * @param {string} text
 * @returns {Inline[]}
 */
export function parseInline(text) {
  return new InlineParser(text).parse();
}

/**
 * The address if it is one that a click may open.
 *
 * @param {string} address
 * @returns {string | undefined}
 */
export function safeHref(address) {
  try {
    const { protocol, href } = new URL(address);
    return protocol === "http:" || protocol === "https:" ? href : undefined;
  } catch {
    return undefined;
  }
}

class InlineParser {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    this.at = 0;
    this.literal = "";
    /** @type {Inline[]} */
    this.out = [];
    /** @type {Opener[]} */
    this.openers = [];
    /** @type {Map<string, number>} */
    this.open = new Map();
    this.ticks = backticks(text);
  }

  parse() {
    while (this.at < this.text.length) this.step();
    this.flush();
    return this.out;
  }

  step() {
    const char = this.text.charAt(this.at);
    switch (char) {
      case "\\":
        return this.escape();
      case "`":
        return this.code();
      case "*":
      case "_":
      case "~":
        return this.mark(char);
      case "[":
        return this.openLink();
      case "]":
        return this.closeLink();
      case "<":
        return this.angle();
      case "h":
        return this.bareLink();
      case "\n":
        return this.newline();
      default:
        this.take(1);
    }
  }

  /** @param {number} length */
  take(length) {
    this.literal += this.text.slice(this.at, this.at + length);
    this.at += length;
  }

  flush() {
    if (this.literal !== "") {
      this.out.push({ type: "text", text: this.literal });
    }
    this.literal = "";
  }

  /** @param {Inline} node */
  push(node) {
    this.flush();
    this.out.push(node);
  }

  escape() {
    const next = this.text.charAt(this.at + 1);
    if (next === "\n") {
      this.push({ type: "break" });
      this.at += 2;
    } else if (ESCAPABLE.test(next)) {
      this.at += 1;
      this.take(1);
    } else this.take(1);
  }

  code() {
    const length = runLength(this.text, this.at);
    const end = this.ticks.closing(this.at, length);
    if (end === undefined) return this.take(length);
    const inner = this.text.slice(this.at + length, end).replaceAll("\n", " ");
    const padded = inner.startsWith(" ") && inner.endsWith(" ") &&
      inner.trim() !== "";
    this.push({ type: "code", text: padded ? inner.slice(1, -1) : inner });
    this.at = end + length;
  }

  /** @param {string} char */
  mark(char) {
    const length = runLength(this.text, this.at);
    const before = this.text.charAt(this.at - 1);
    const after = this.text.charAt(this.at + length);
    const inWord = char === "_" && isWord(before) && isWord(after);
    const opens = after.trim() !== "" && !inWord;
    const closes = before.trim() !== "" && !inWord;
    let left = length;
    while (closes && left > 0 && (this.open.get(char) ?? 0) > 0) {
      left -= this.close(char, left);
    }
    if (left > 0 && opens && this.openers.length < MAX_OPENERS) {
      this.flush();
      this.remember({ char, count: left, at: this.out.length });
      this.out.push({ type: "text", text: char.repeat(left) });
    } else this.literal += char.repeat(left);
    this.at += length;
  }

  /**
   * Ends the newest emphasis of this mark; gives how many of its characters that took.
   *
   * @param {string} char
   * @param {number} left
   */
  close(char, left) {
    this.flush();
    // Marks that were opened inside it and never closed stay text.
    let opener = this.forget();
    while (opener.char !== char) opener = this.forget();
    const used = opener.count >= 2 && left >= 2 ? 2 : 1;
    const children = this.out.splice(opener.at + 1);
    this.out.pop();
    if (opener.count > used) {
      const rest = opener.count - used;
      this.out.push({ type: "text", text: char.repeat(rest) });
      this.remember({ char, count: rest, at: this.out.length - 1 });
    }
    const type = char === "~" ? "del" : used === 2 ? "strong" : "em";
    this.out.push({ type, children });
    return used;
  }

  openLink() {
    if (this.openers.length >= MAX_OPENERS) return this.take(1);
    this.flush();
    this.remember({ char: "[", count: 1, at: this.out.length });
    this.out.push({ type: "text", text: "[" });
    this.at += 1;
  }

  closeLink() {
    if ((this.open.get("[") ?? 0) === 0) return this.take(1);
    const target = this.text.charAt(this.at + 1) === "("
      ? matchAt(LINK_TARGET, this.text, this.at + 1)
      : null;
    const href = target === null ? undefined : safeHref(target[1] ?? "");
    if (target === null || href === undefined) {
      // The bracket is text after all; with it a mark that began inside it may still end behind it.
      this.drop("[");
      return this.take(1);
    }
    this.flush();
    let opener = this.forget();
    while (opener.char !== "[") opener = this.forget();
    const children = this.out.splice(opener.at + 1);
    this.out.pop();
    this.out.push({ type: "link", href, children });
    this.at += 1 + target[0].length;
  }

  angle() {
    const match = matchAt(ANGLE_URL, this.text, this.at);
    const href = match === null ? undefined : safeHref(match[1] ?? "");
    if (match === null || href === undefined) return this.take(1);
    this.link(href, match[1] ?? "");
    this.at += match[0].length;
  }

  bareLink() {
    const match = isWord(this.text.charAt(this.at - 1))
      ? null
      : matchAt(URL_START, this.text, this.at);
    if (match === null || (this.open.get("[") ?? 0) > 0) return this.take(1);
    const shown = trimmedUrl(match[0]);
    const href = safeHref(shown);
    if (href === undefined) return this.take(1);
    this.link(href, shown);
    this.at += shown.length;
  }

  /**
   * @param {string} href
   * @param {string} text
   */
  link(href, text) {
    this.push({ type: "link", href, children: [{ type: "text", text }] });
  }

  newline() {
    const isHard = this.literal.endsWith("  ");
    this.literal = this.literal.trimEnd();
    if (isHard) this.push({ type: "break" });
    else this.literal += " ";
    this.at += 1;
    while (this.text.charAt(this.at) === " ") this.at += 1;
  }

  /** @param {Opener} opener */
  remember(opener) {
    this.openers.push(opener);
    this.open.set(opener.char, (this.open.get(opener.char) ?? 0) + 1);
  }

  /** @returns {Opener} */
  forget() {
    const opener = this.openers.pop();
    if (opener === undefined) throw new Error("No opener is left");
    this.open.set(opener.char, (this.open.get(opener.char) ?? 0) - 1);
    return opener;
  }

  /** @param {string} char */
  drop(char) {
    const at = this.openers.findLastIndex((opener) => opener.char === char);
    this.openers.splice(at, 1);
    this.open.set(char, (this.open.get(char) ?? 0) - 1);
  }
}

/**
 * Finds the end of inline code without searching the same text again and again.
 *
 * @param {string} text
 */
function backticks(text) {
  /** @type {Map<number, number[]>} */
  const byLength = new Map();
  for (const { 0: run, index } of text.matchAll(/`+/g)) {
    const list = byLength.get(run.length);
    if (list === undefined) byLength.set(run.length, [index]);
    else list.push(index);
  }
  for (const list of byLength.values()) list.reverse();
  return {
    /**
     * @param {number} at
     * @param {number} length
     * @returns {number | undefined}
     */
    closing(at, length) {
      const list = byLength.get(length) ?? [];
      while ((list.at(-1) ?? Infinity) <= at) list.pop();
      return list.at(-1);
    },
  };
}

/**
 * @param {string} text
 * @param {number} at
 */
function runLength(text, at) {
  let end = at;
  while (text.charAt(end) === text.charAt(at)) end += 1;
  return end - at;
}

/** @param {string} char */
function isWord(char) {
  return /[\p{L}\p{N}]/u.test(char);
}

/**
 * @param {RegExp} sticky
 * @param {string} text
 * @param {number} at
 */
function matchAt(sticky, text, at) {
  sticky.lastIndex = at;
  return sticky.exec(text);
}

/**
 * Without the punctuation of the sentence that it stands in.
 *
 * @param {string} url
 */
function trimmedUrl(url) {
  const bare = url.replace(/[.,:;!?'*_~\]]+$/, "");
  return bare.endsWith(")") && !bare.includes("(") ? bare.slice(0, -1) : bare;
}
