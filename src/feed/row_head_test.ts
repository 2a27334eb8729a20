import { assertEquals } from "@std/assert";
import { readRowHead } from "./row_head.ts";

const T = 1_786_700_000_123_456;
const time = "2026-08-14T09:33:20.123456Z";

const HEADS: readonly (readonly [
  what: string,
  text: string,
  head: readonly [id: string, micros: number | undefined],
])[] = [
  ["the id first", `[{"id":"r-1","request_body":{"x":"yyy`, ["r-1", undefined]],
  [
    "the server's order of members",
    `[{"activity_type":"a2a_receive","created_at":"${time}","duration_ms":null,` +
    `"error_detail":null,"id":"r-1","method":"message/send","request_body":{"te`,
    ["r-1", T],
  ],
  [
    "lists and objects before it",
    `[{"attachments":[{"id":"no","name":"a]}\\"["}],"n":[[1],{}],"id":"r-1","x":"`,
    ["r-1", undefined],
  ],
  ["spaces and line breaks", `\n[ {\n "id" : "r-1" ,`, ["r-1", undefined]],
  ["a value that is called id", `[{"a":"id","b":"x","id":"r-1"`, [
    "r-1",
    undefined,
  ]],
  ["a time that is none", `[{"created_at":"now","id":"r-1"`, [
    "r-1",
    undefined,
  ]],
];
for (const [what, text, [id, micros]] of HEADS) {
  Deno.test(`the head of a row is read with ${what}`, () => {
    assertEquals(readRowHead(text), { id, micros });
  });
}

for (
  const [what, text] of [
    ["nothing", ""],
    ["a cut id", '[{"id":"r-'],
    ["an id that is no string", '[{"id":5,"x":"y"'],
    ["an id deeper down alone", '[{"request_body":{"id":"no","x":"'],
    ["an id of the second row alone", '[{"a":"b"},{"id":"no"}'],
    ["an empty id", '[{"id":"","x":"y"'],
    ["an escaped id", '[{"id":"a\\u0000","x":"y"'],
    ["a page of HTML", '<!doctype html><a id="x">'],
    ["an object", '{"error":"x","id":"no"}'],
  ] as const
) {
  Deno.test(`no head of a row is read out of ${what}`, () => {
    assertEquals(readRowHead(text), undefined);
  });
}
