import { assertEquals } from "@std/assert";
import { testMessage } from "../../testing/backend_context.ts";
import { messageEnv } from "./message_env.ts";

Deno.test("messageEnv() gives the facts of a message, empty where unknown", () => {
  const message = testMessage("hi", { callerId: "peer-1", taskId: "" });
  assertEquals(messageEnv(message), {
    MOLECULE_WORKSPACE_ID: "workspace-1",
    MOLECULE_CALLER_ID: "peer-1",
    MOLECULE_MESSAGE_ID: "message-1",
    MOLECULE_TASK_ID: "",
    MOLECULE_METHOD: "message/send",
  });
});

Deno.test("messageEnv() keeps a sender's value on one line and bounded", () => {
  const env = messageEnv(testMessage("hi", {
    messageId: "a\0b\nPATH=/evil\r\u2028c",
    taskId: "🙂".repeat(1_000),
  }));
  assertEquals(env.MOLECULE_MESSAGE_ID, "abPATH=/evilc");
  assertEquals(env.MOLECULE_TASK_ID, "🙂".repeat(256));
});
