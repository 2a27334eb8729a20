import { assertEquals, assertRejects } from "@std/assert";
import { type JsonObject, RpcConnection, RpcError } from "./connection.ts";

/** A connection whose other side is the test. */
function bench() {
  const written: JsonObject[] = [];
  const told: unknown[] = [];
  const garbage: string[] = [];
  const connection = new RpcConnection({
    write: (line) => written.push(JSON.parse(line)),
    onRequest: (method, params) =>
      method === "known" ? { got: params } : undefined,
    onNotification: (method, params) => told.push([method, params]),
    onGarbage: (line) => garbage.push(line),
  });
  const receive = (message: unknown) =>
    connection.receive(JSON.stringify(message));
  return { connection, written, told, garbage, receive };
}

Deno.test("RpcConnection: answers find their questions in any order", async () => {
  const { connection, written, receive } = bench();
  const first = connection.request("one", { a: 1 });
  const second = connection.request("two", {});
  assertEquals(written, [
    { jsonrpc: "2.0", id: 1, method: "one", params: { a: 1 } },
    { jsonrpc: "2.0", id: 2, method: "two", params: {} },
  ]);
  receive({ id: 2, result: "second" });
  receive({ id: 1, result: null });
  assertEquals([await first, await second], [null, "second"]);
});

Deno.test("RpcConnection: a refusal carries code, kind and cause", async () => {
  const { connection, receive } = bench();
  const asked = connection.request("one", {});
  const data = { details: "the cause", errorKind: "rate_limit" };
  receive({ id: 1, error: { code: -32603, message: "Internal error", data } });
  const error = await assertRejects(() => asked, RpcError);
  assertEquals([error.code, error.kind], [-32603, "rate_limit"]);
  assertEquals(error.message, "Internal error: the cause");
});

for (const error of [7, "text", [], {}, { code: "x", message: 1 }]) {
  Deno.test(`RpcConnection: ${JSON.stringify(error)} is a refusal, too`, async () => {
    const { connection, receive } = bench();
    const asked = connection.request("one", {});
    receive({ id: 1, error });
    await assertRejects(() => asked, RpcError, "error");
  });
}

Deno.test("RpcConnection: the other side's questions are answered, unknown ones refused", () => {
  const { written, told, receive } = bench();
  receive({ id: "x", method: "known", params: { a: 1 } });
  receive({ id: 0, method: "unknown" });
  receive({ method: "news", params: [] });
  assertEquals(written, [
    { jsonrpc: "2.0", id: "x", result: { got: { a: 1 } } },
    {
      jsonrpc: "2.0",
      id: 0,
      error: { code: -32601, message: "Method not found" },
    },
  ]);
  assertEquals(told, [["news", {}]]);
});

Deno.test("RpcConnection: what answers no question is garbage", async () => {
  const { connection, garbage, receive } = bench();
  const asked = connection.request("one", {});
  receive({ id: 1 });
  receive({ id: 2, result: 1 });
  receive({ id: "1", result: 1 });
  connection.receive("{");
  assertEquals(garbage.length, 4);
  receive({ id: 1, result: "at last" });
  assertEquals(await asked, "at last");
});

Deno.test("RpcConnection: its end is everybody's answer, and nothing is written afterwards", async () => {
  const { connection, written, told, receive } = bench();
  const asked = connection.request("one", {});
  const reason = new Error("ended");
  connection.end(reason);
  connection.end(new Error("a second end"));
  const outcome = (promise: Promise<unknown>) =>
    promise.catch((error: unknown) => error);
  assertEquals(await outcome(asked), reason);
  assertEquals(await outcome(connection.request("two", {})), reason);
  connection.notify("three", {});
  receive({ method: "news" });
  assertEquals([written.length, told.length], [1, 0]);
});
