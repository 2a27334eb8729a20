import { assert, assertEquals } from "@std/assert";
import { parseMarkdown } from "./markdown.js";
import { parseInline, safeHref } from "./markdown_inline.js";

type Block = ReturnType<typeof parseMarkdown>[number];
type Inline = ReturnType<typeof parseInline>[number];

/** The tree in a short notation, so that a test shows what it means. */
function inline(nodes: readonly Inline[]): string {
  return nodes.map((node) => {
    switch (node.type) {
      case "text":
        return node.text;
      case "code":
        return `code(${node.text})`;
      case "break":
        return "br";
      case "link":
        return `link(${node.href} ${inline(node.children)})`;
      default:
        return `${node.type}(${inline(node.children)})`;
    }
  }).join("");
}

function short(block: Block): unknown {
  switch (block.type) {
    case "paragraph":
      return inline(block.children);
    case "heading":
      return `h${block.level}(${inline(block.children)})`;
    case "code":
      return { [`code ${block.language}`]: block.text };
    case "quote":
      return { quote: block.blocks.map(short) };
    case "list":
      return {
        [block.ordered ? `ol ${block.start}` : "ul"]: block.items.map((
          item,
        ) => [
          ...(item.checked === undefined ? [] : [item.checked]),
          ...item.blocks.map(short),
        ]),
      };
    case "table":
      return {
        head: block.head.map(inline),
        align: block.align,
        rows: block.rows.map((row) => row.map(inline)),
      };
    case "rule":
      return "rule";
  }
}

const blocks = (text: string) => parseMarkdown(text).map(short);
const line = (text: string) => inline(parseInline(text));

Deno.test("paragraphs part at blank lines, and single line breaks collapse", () => {
  assertEquals(blocks("one\ntwo\n\nthree"), ["one two", "three"]);
  assertEquals(blocks("one  \ntwo\\\nthree"), ["onebrtwobrthree"]);
});

Deno.test("emphasis, code and strikes", () => {
  assertEquals(
    line("a **b** *c* __d__ _e_ ~~f~~"),
    "a strong(b) em(c) strong(d) em(e) del(f)",
  );
  assertEquals(line("**a *b* c**"), "strong(a em(b) c)");
  assertEquals(line("***a***"), "em(strong(a))");
  assertEquals(line("`a*b*` ``c`d``"), "code(a*b*) code(c`d)");
});

Deno.test("marks that mean nothing stay text", () => {
  for (
    const text of [
      "2 * 3 * 4",
      "snake_case_name",
      "a ** b",
      "`open",
      "[x] y",
      "*",
      "~",
      "[",
      "a](",
    ]
  ) {
    assertEquals(line(text), text);
  }
  assertEquals(line("\\*a\\* \\`"), "*a* `");
});

Deno.test("HTML is text", () => {
  const text = `<script>alert(1)</script> <img src=x onerror=alert(1)> &amp;`;
  assertEquals(line(text), text);
  assertEquals(blocks("<div>\n<b>x</b>"), ["<div> <b>x</b>"]);
});

Deno.test("links lead to http and https only", () => {
  assertEquals(line("[a](https://b.example/c)"), "link(https://b.example/c a)");
  assertEquals(
    line("see https://b.example/c?d=1."),
    "see link(https://b.example/c?d=1 https://b.example/c?d=1).",
  );
  assertEquals(
    line("<https://b.example/>"),
    "link(https://b.example/ https://b.example/)",
  );
  assertEquals(
    line("(https://b.example/x)"),
    "(link(https://b.example/x https://b.example/x))",
  );
  for (
    const text of [
      "[a](javascript:alert(1))",
      "[a](data:text/html,x)",
      "[a](//b.example)",
      "[a](file:///etc/passwd)",
    ]
  ) {
    assertEquals(line(text), text);
  }
  assertEquals(safeHref(" JavaScript:alert(1)"), undefined);
});

Deno.test("code keeps what it is, and one that is cut open reaches to the end", () => {
  assertEquals(blocks("```ts\na\n\n  *b*\n```\nc"), [{
    "code ts": "a\n\n  *b*",
  }, "c"]);
  assertEquals(blocks("~~~\na"), [{ "code ": "a" }]);
  assertEquals(blocks("    a\n    b"), [{ "code ": "a\nb" }]);
});

Deno.test("lists nest, count and have tasks", () => {
  assertEquals(blocks("- a\n- b\n  - c\n\ntext"), [{
    ul: [["a"], ["b", { ul: [["c"]] }]],
  }, "text"]);
  assertEquals(blocks("3. a\n4. b"), [{ "ol 3": [["a"], ["b"]] }]);
  assertEquals(blocks("- [ ] a\n- [x] b"), [{
    ul: [[false, "a"], [true, "b"]],
  }]);
  assertEquals(blocks("text\n- a\n\n- b"), ["text", { ul: [["a"], ["b"]] }]);
  assertEquals(blocks("born in\n1984. so"), ["born in 1984. so"]);
  assertEquals(blocks("1. a\n\n   ```sh\n   b\n   ```\n2. c"), [{
    "ol 1": [["a", { "code sh": "b" }], ["c"]],
  }]);
});

Deno.test("a row of a table has no more cells than the head, and no more than it wrote", () => {
  assertEquals(
    blocks("| a | b |\n|:--|--:|\n| 1 | `x\\|y` |\n| 2 |\n\nafter"),
    [
      {
        head: ["a", "b"],
        align: ["left", "right"],
        rows: [["1", "code(x|y)"], ["2"]],
      },
      "after",
    ],
  );
  assertEquals(blocks("a | b\nc | d"), ["a | b c | d"]);
});

Deno.test("headings, quotes and rules", () => {
  assertEquals(blocks("# a #\n## b\nc\n===\n---\n> d\n> e"), [
    "h1(a)",
    "h2(b)",
    "h1(c)",
    "rule",
    { quote: ["d e"] },
  ]);
  assertEquals(blocks("#no heading"), ["#no heading"]);
});

Deno.test("hostile texts end, and lose nothing but their marks", () => {
  const many = 20_000;
  for (
    const unit of [
      "*",
      "_a",
      "[",
      "](",
      "`a",
      "``` ",
      "> ",
      "- ",
      "|-",
      "*a_",
      "[a](",
      "~~a",
      "h",
      "\\",
      "  \n",
      "1. ",
    ]
  ) {
    const text = unit.repeat(many);
    assert(
      JSON.stringify(parseMarkdown(text)).length < 200 * text.length,
      unit,
    );
  }
  assertEquals(parseMarkdown("x".repeat(200_001)).length, 1);
});

Deno.test("a table has no more cells than its text wrote, however wide its head is", () => {
  const table = (columns: number, rows: string[]) =>
    ["|a".repeat(columns), "|-".repeat(columns), ...rows].join("\n");
  const short = parseMarkdown(table(50, Array(90).fill("b")));
  const cells = short.flatMap((block) =>
    block.type === "table" ? block.rows.flat() : []
  );
  assertEquals(cells.length, 90);
  for (
    const text of [
      table(51, ["|b"]),
      table(3_000, Array(3_000).fill("b")),
      table(2, Array(2_500).fill("|b|c")),
    ]
  ) {
    assertEquals(parseMarkdown(`${text}\n\nafter`), [
      { type: "code", language: "", text },
      ...parseMarkdown("after"),
    ]);
  }
});
