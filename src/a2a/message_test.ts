import { assertEquals } from "@std/assert";
import { parseMessage, textOf } from "./message.ts";

const text = (words: string) => ({ kind: "text" as const, text: words });

/** Where the message and its parts may be. */
const PLACES: readonly (readonly [what: string, body: unknown])[] = [
  ["at params.message", { params: { message: { parts: [text("hi")] } } }],
  ["without jsonrpc, with a numeric id", {
    id: 5,
    params: { message: { parts: [text("hi")] } },
  }],
  ["with a null id", {
    jsonrpc: "2.0",
    id: null,
    params: { message: { parts: [text("hi")] } },
  }],
  ["in params itself", { params: { parts: [text("hi")] } }],
  ["in params beside a message without parts", {
    params: { message: { role: "user" }, parts: [text("hi")] },
  }],
  ["at the top", { parts: [text("hi")] }],
  ["at the top beside empty params", { params: {}, parts: [text("hi")] }],
  ["as a string content", { params: { message: { content: "hi" } } }],
  ["as a list content", { params: { message: { content: [text("hi")] } } }],
  ["as content beside null parts", {
    params: { message: { parts: null, content: "hi" } },
  }],
  ["with a role that A2A does not know", {
    params: { message: { role: "assistant", parts: [text("hi")] } },
  }],
  ["nested in root", {
    params: { message: { parts: [{ root: text("hi") }] } },
  }],
  ["by type", { parts: [{ type: "text", text: "hi" }] }],
  ["by kind in capitals", { parts: [{ kind: "TEXT", text: "hi" }] }],
  ["by both kind and type", {
    parts: [{ kind: "text", type: "text", text: "hi" }],
  }],
  ["by type beside an empty kind", {
    parts: [{ kind: "", type: "text", text: "hi" }],
  }],
  ["by type beside another word for kind", {
    parts: [{ kind: "message", type: "text", text: "hi" }],
  }],
  ["by neither kind nor type", { parts: [{ text: "hi" }] }],
  ["by an empty kind alone", { parts: [{ kind: "", text: "hi" }] }],
  ["by a kind that is no word", { parts: [{ kind: null, text: "hi" }] }],
];
for (const [what, body] of PLACES) {
  Deno.test(`parseMessage() finds a text ${what}`, () => {
    const message = parseMessage(body);
    assertEquals(message.parts, [text("hi")]);
    assertEquals(message.text, "hi");
  });
}

Deno.test("parseMessage() keeps the order of the parts and joins their texts", () => {
  const file = { kind: "file" as const, file: { uri: "a:b" } };
  const { parts, text: joined } = parseMessage({
    parts: [text("one"), file, text("two")],
  });
  assertEquals(parts, [text("one"), file, text("two")]);
  assertEquals(joined, "one\ntwo");
  assertEquals(textOf(parts), joined);
});

/** Every form of a file, and what is read of it. */
const FILES:
  readonly (readonly [what: string, part: unknown, file: unknown])[] = [
    ["in a member", { kind: "file", file: { uri: "a:b" } }, { uri: "a:b" }],
    ["inlined", { kind: "file", uri: "a:b", name: "n" }, {
      uri: "a:b",
      name: "n",
    }],
    ["called an image", { kind: "image", file: { url: "a:b" } }, {
      uri: "a:b",
    }],
    ["called audio", { type: "audio", fileWithUri: "a:b" }, { uri: "a:b" }],
    ["called a video", { kind: "Video", file_with_uri: "a:b" }, { uri: "a:b" }],
    ["without a class but with file", { file: { bytes: "QQ==" } }, {
      bytes: "QQ==",
    }],
    ["without a class but with url", { url: "a:b" }, { uri: "a:b" }],
    ["without a class but with raw", { raw: "QQ==" }, { bytes: "QQ==" }],
    ["without a class but with uri", { uri: "a:b" }, { uri: "a:b" }],
    ["without a class but with bytes", { bytes: "QQ==" }, { bytes: "QQ==" }],
    ["with fileWithBytes", { kind: "file", fileWithBytes: "QQ==" }, {
      bytes: "QQ==",
    }],
    ["with file_with_bytes", { kind: "file", file_with_bytes: "QQ==" }, {
      bytes: "QQ==",
    }],
    ["with a filename", { kind: "file", file: { filename: "n" } }, {
      name: "n",
    }],
    ["of the web chat", {
      kind: "file",
      file: { name: "n", mimeType: "a/b", uri: "a:b", size: 7 },
    }, { name: "n", mimeType: "a/b", uri: "a:b", size: 7 }],
    ["with mime_type", { kind: "file", file: { mime_type: "a/b" } }, {
      mimeType: "a/b",
    }],
    ["with mediaType", { kind: "file", file: { mediaType: "a/b" } }, {
      mimeType: "a/b",
    }],
    ["with media_type", { kind: "file", file: { media_type: "a/b" } }, {
      mimeType: "a/b",
    }],
    [
      "with a size that is no number",
      { kind: "file", file: { size: "7" } },
      {},
    ],
  ];
for (const [what, part, file] of FILES) {
  Deno.test(`parseMessage() reads a file ${what}`, () => {
    assertEquals(parseMessage({ parts: [part] }).parts, [
      { kind: "file", file },
    ] as never);
  });
}

Deno.test("parseMessage() reads data parts, with a class and without", () => {
  const data = { a: [1] };
  for (
    const part of [{ kind: "data", data }, { type: "Data", data }, { data }]
  ) {
    assertEquals(parseMessage({ parts: [part] }).parts, [
      { kind: "data", data },
    ]);
  }
});

Deno.test("parseMessage() keeps a part's metadata verbatim", () => {
  const metadata = { deep: [{ x: null }] };
  assertEquals(
    parseMessage({ parts: [{ ...text("hi"), metadata }] }).parts,
    [{ ...text("hi"), metadata }],
  );
});

const NOTHING: readonly (readonly [what: string, body: unknown])[] = [
  ["null", null],
  ["undefined", undefined],
  ["a string", "hi"],
  ["a list", [text("hi")]],
  ["an empty object", {}],
  ["null params", { params: null }],
  ["parts of null, numbers and strings", { parts: [null, 5, "hi", []] }],
  ["a text part without a text", { parts: [{ kind: "text" }] }],
  ["a part of an unknown class", { parts: [{ kind: "thought", text: "hi" }] }],
  ["parts that are an object", { parts: { kind: "text", text: "hi" } }],
];
for (const [what, body] of NOTHING) {
  Deno.test(`parseMessage() reads no part out of ${what}, and refuses nothing`, () => {
    const message = parseMessage(body);
    assertEquals(message.parts, []);
    assertEquals(message.text, "");
    assertEquals(message.messageId, "");
  });
}

const FIELDS: readonly (readonly [field: string, name: string])[] = [
  ["messageId", "messageId"],
  ["messageId", "message_id"],
  ["contextId", "contextId"],
  ["contextId", "context_id"],
  ["contextId", "sessionId"],
  ["contextId", "session_id"],
  ["taskId", "taskId"],
  ["taskId", "task_id"],
];
for (const [field, name] of FIELDS) {
  Deno.test(`parseMessage() reads ${field} out of ${name}`, () => {
    const message = parseMessage({ params: { message: { [name]: "x" } } });
    assertEquals(message[field as "messageId"], "x");
  });
}

Deno.test("parseMessage() prefers camel case, and takes no number for an id", () => {
  const { messageId, contextId, taskId } = parseMessage({
    message_id: "snake",
    messageId: "camel",
    contextId: 5,
    sessionId: "session",
    taskId: {},
  });
  assertEquals([messageId, contextId, taskId], ["camel", "session", ""]);
});

Deno.test("parseMessage() tells the message's metadata from the request's", () => {
  const message = parseMessage({
    params: { metadata: { a: 1 }, message: { metadata: { b: [2] } } },
  });
  assertEquals(message.metadata, { b: [2] });
  assertEquals(message.requestMetadata, { a: 1 });
  const odd = parseMessage({ params: { metadata: [], message: {} } });
  assertEquals([odd.metadata, odd.requestMetadata], [{}, {}]);
});
