import { assertEquals } from "@std/assert";
import { messageSend } from "./envelope.ts";

const parts = [{ kind: "text", text: "hi" }] as const;

Deno.test("messageSend() makes a JSON-RPC request that repeats under the same ids", () => {
  const message = {
    id: "m-1",
    contextId: "c-1",
    taskId: "t-1",
    parts,
    metadata: { reply: true },
  };
  assertEquals(messageSend(message), {
    jsonrpc: "2.0",
    id: "m-1",
    method: "message/send",
    params: {
      message: {
        kind: "message",
        role: "agent",
        messageId: "m-1",
        contextId: "c-1",
        taskId: "t-1",
        parts,
        metadata: { reply: true },
      },
    },
  });
  assertEquals(messageSend(message), messageSend(message));
});

Deno.test("messageSend() leaves out what is empty", () => {
  const { message } = messageSend({
    id: "m-1",
    contextId: "",
    taskId: "",
    parts,
    metadata: {},
  }).params;
  assertEquals("contextId" in message, false);
  assertEquals("taskId" in message, false);
});
