import { assertEquals } from "@std/assert";
import { parseRow } from "./row.ts";

Deno.test("parseRow() reads the members that matter and keeps the row verbatim", () => {
  const raw = {
    id: "r-1",
    created_at: "2026-08-14T09:33:04.5Z",
    seq: 7,
    source_id: "p-1",
    method: "message/send",
    status: "ok",
    peer_name: "Peer",
    request_body: { a: [1] },
    response_body: null,
    unknown: { kept: true },
  };
  assertEquals(parseRow(raw), {
    id: "r-1",
    micros: Date.UTC(2026, 7, 14, 9, 33, 4, 500) * 1_000,
    createdAt: "2026-08-14T09:33:04.5Z",
    seq: 7,
    sourceId: "p-1",
    method: "message/send",
    status: "ok",
    peerName: "Peer",
    requestBody: { a: [1] },
    responseBody: null,
    raw,
  });
});

Deno.test("parseRow() tolerates that everything but the id is missing or of another type", () => {
  const odd = { created_at: 5, seq: "7", method: {}, status: [] };
  for (const raw of [{ id: "r-1" }, { id: "r-1", ...odd }]) {
    const { micros, createdAt, seq, sourceId, method, status, peerName } =
      parseRow(raw)!;
    assertEquals(
      [createdAt === "", micros, seq, sourceId, method, status, peerName],
      [true, undefined, undefined, null, null, "", ""],
    );
  }
});

Deno.test("parseRow() takes an empty source for none, and keeps an empty method", () => {
  const row = parseRow({ id: "r-1", source_id: "", method: "" })!;
  assertEquals([row.sourceId, row.method], [null, ""]);
});

Deno.test("parseRow() takes a number for an id, and a source of any other kind for a peer, never for a person", () => {
  const row = parseRow({ id: 5, source_id: { an: "object" } })!;
  assertEquals([row.id, row.sourceId], ["5", '{"an":"object"}']);
});

for (
  const value of [null, 5, "r-1", [], {}, { id: "" }, { id: {} }, { id: null }]
) {
  Deno.test(`parseRow() takes ${JSON.stringify(value)} for no row`, () => {
    assertEquals(parseRow(value), undefined);
  });
}
