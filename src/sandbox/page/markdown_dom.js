/** The tree of markdown.js as nodes. */
import { make } from "./dom.js";
import { parseMarkdown } from "./markdown.js";

/**
 * @typedef {import("./markdown.js").Block} Block
 * @typedef {import("./markdown_inline.js").Inline} Inline
 */

/** The elements of marks. */
const TAGS = { strong: "strong", em: "em", del: "del" };

/**
 * @param {string} text
 * @returns {HTMLElement}
 */
export function markdownNode(text) {
  return make("div", { class: "md" }, parseMarkdown(text).map(blockNode));
}

/**
 * @param {Block} block
 * @returns {Node}
 */
function blockNode(block) {
  switch (block.type) {
    case "paragraph":
      return make("p", {}, block.children.map(inlineNode));
    case "heading": {
      // Below the page's own headings.
      const tag = `h${Math.min(block.level + 2, 6)}`;
      return make(tag, {}, block.children.map(inlineNode));
    }
    case "code":
      return codeNode(block.language, block.text);
    case "quote":
      return make("blockquote", {}, block.blocks.map(blockNode));
    case "list":
      return listNode(block);
    case "table":
      return tableNode(block);
    case "rule":
      return make("hr");
  }
}

/**
 * @param {string} language
 * @param {string} text
 */
function codeNode(language, text) {
  const label = language === ""
    ? undefined
    : make("span", { class: "language" }, [language]);
  // A wide line is scrolled inside, by keyboard too.
  const pre = make("pre", { tabindex: "0" }, [make("code", {}, [text])]);
  return make("div", { class: "code" }, [label, pre]);
}

/** @param {Extract<Block, { type: "list" }>} list */
function listNode(list) {
  const start = list.ordered && list.start !== 1
    ? String(list.start)
    : undefined;
  const items = list.items.map(({ checked, blocks }) => {
    const box = checked === undefined ? undefined : make("input", {
      type: "checkbox",
      disabled: true,
      checked,
      "aria-label": checked ? "done" : "to do",
    });
    const [first, ...rest] = blocks;
    // The first paragraph of an item stands on the line of its mark.
    const lead = first?.type === "paragraph"
      ? first.children.map(inlineNode)
      : first === undefined
      ? []
      : [blockNode(first)];
    const attributes = box === undefined ? {} : { class: "task" };
    return make("li", attributes, [box, ...lead, ...rest.map(blockNode)]);
  });
  return make(list.ordered ? "ol" : "ul", { start }, items);
}

/** @param {Extract<Block, { type: "table" }>} table */
function tableNode(table) {
  /**
   * @param {string} tag
   * @param {Inline[][]} cells
   */
  const row = (tag, cells) => {
    const nodes = cells.map((cell, column) => {
      const align = table.align[column];
      const attributes = align === undefined ? {} : { class: `to-${align}` };
      return make(tag, attributes, cell.map(inlineNode));
    });
    const missing = table.head.length - cells.length;
    const rest = missing === 0
      ? undefined
      : make(tag, { colspan: String(missing) });
    return make("tr", {}, [...nodes, rest]);
  };
  const head = make("thead", {}, [row("th", table.head)]);
  const body = make("tbody", {}, table.rows.map((cells) => row("td", cells)));
  const label = { class: "table", tabindex: "0" };
  return make("div", label, [make("table", {}, [head, body])]);
}

/**
 * @param {Inline} node
 * @returns {Node}
 */
function inlineNode(node) {
  switch (node.type) {
    case "text":
      return document.createTextNode(node.text);
    case "code":
      return make("code", {}, [node.text]);
    case "break":
      return make("br");
    case "link":
      return linkNode(node);
    default:
      return make(TAGS[node.type], {}, node.children.map(inlineNode));
  }
}

/**
 * Where the words do not say it, the host stands behind them: nobody is led elsewhere unseen.
 *
 * @param {Extract<Inline, { type: "link" }>} link
 */
function linkNode({ href, children }) {
  const anchor = make("a", {
    href,
    target: "_blank",
    rel: "noopener noreferrer",
    title: href,
  }, children.map(inlineNode));
  const { host } = new URL(href);
  if ((anchor.textContent ?? "").startsWith(new URL(href).origin)) {
    return anchor;
  }
  return make("span", {}, [
    anchor,
    make("span", { class: "host" }, [` (${host})`]),
  ]);
}
