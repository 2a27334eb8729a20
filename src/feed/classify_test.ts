import { assertEquals } from "@std/assert";
import { parseRow } from "../platform/row.ts";
import { classify } from "./classify.ts";
import rows from "./activity_rows.fixture.json" with { type: "json" };

const W = "5b0f6c1e-8a37-4d19-9c42-7e1d3a60b8f4";
const own = {
  workspaceId: W,
  isOwnUpload: (id: string) => id === "2f8b9edc-acbd-5ea9-baf9-6ad770833c45",
};

for (const [i, row] of rows.entries()) {
  Deno.test(`classify() takes sample row ${i + 1} for ${row._action}: ${row._note.split(".")[0]}`, () => {
    assertEquals(classify(parseRow(row)!, own).action, row._action);
  });
}

const message = (fields: Record<string, unknown>, metadata = {}) => ({
  id: "r1",
  activity_type: "a2a_receive",
  method: "message/send",
  status: "ok",
  source_id: "peer",
  request_body: {
    method: "message/send",
    params: {
      metadata,
      message: {
        messageId: "m1",
        parts: [{ kind: "text", text: "hello" }],
        ...fields,
      },
    },
  },
});

const CASES: readonly (readonly [
  what: string,
  row: Record<string, unknown>,
  action: string,
])[] = [
  [
    "a message that says what it replies to",
    message({ metadata: { in_reply_to: "x" } }),
    "peer_reply",
  ],
  [
    "an empty in_reply_to",
    message({ metadata: { in_reply_to: "" } }),
    "dispatch_peer",
  ],
  [
    "a response of JSON null",
    { ...message({}), response_body: null },
    "dispatch_peer",
  ],
  ["a response of another word than queued", {
    ...message({}),
    response_body: { status: "queued" },
  }, "skip_answered"],
  [
    "a peer's delegate_result",
    { ...message({}), method: "delegate_result" },
    "skip_method",
  ],
  [
    "a peer's upload row",
    { ...message({}), method: "chat_upload_receive" },
    "skip_method",
  ],
  [
    "a peer that calls itself a wake",
    message({ metadata: { source_type: "self-nudge" } }),
    "dispatch_peer",
  ],
  [
    "a peer that names a source",
    message({}, { source: "telegram" }),
    "dispatch_peer",
  ],
  ["a person's Stop", {
    ...message({}),
    method: "tasks/cancel",
    source_id: null,
  }, "stop"],
  ["a Stop with an answer, as a platform may store one", {
    ...message({}),
    method: "tasks/cancel",
    source_id: null,
    status: "error",
    response_body: { result: {} },
  }, "stop"],
  ["a peer's Stop that names no message", {
    ...message({}),
    method: "tasks/cancel",
    request_body: { method: "tasks/cancel", params: {} },
  }, "skip_method"],
  ["a Stop that we sent ourselves", {
    ...message({}),
    method: "tasks/cancel",
    source_id: W,
  }, "skip_self"],
  [
    "blank text",
    message({ parts: [{ kind: "text", text: " \n" }] }),
    "skip_empty",
  ],
  [
    "a file without text",
    message({ parts: [{ kind: "file", file: { uri: "x:y" } }] }),
    "dispatch_peer",
  ],
  [
    "no body at all",
    { ...message({}), request_body: undefined },
    "skip_empty",
  ],
  ["an empty source", { ...message({}), source_id: "" }, "dispatch_user"],
  ["a wake of an older server", {
    ...message({ messageId: "stall-probe-1" }),
    source_id: null,
  }, "platform_wake"],
];

for (const [what, row, action] of CASES) {
  Deno.test(`classify() takes ${what} for ${action}`, () => {
    assertEquals(classify(parseRow(row)!, own).action, action as never);
  });
}

for (const [params, cancels] of [[{ id: "m1" }, "m1"], [{ id: 1 }], [null]]) {
  Deno.test(`classify() finds what a peer takes back in ${JSON.stringify(params)}`, () => {
    const row = parseRow({
      ...message({}),
      method: "tasks/cancel",
      request_body: { method: "tasks/cancel", params },
    })!;
    const work = classify(row, own);
    assertEquals("cancels" in work ? work.cancels : undefined, cancels);
  });
}
