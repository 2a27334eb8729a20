import { assertEquals } from "@std/assert";
import { isWaitText, waitText } from "./wait_text.ts";

Deno.test("people are told when it goes on, to the next minute, and peers nothing of it", () => {
  const until = Date.UTC(2026, 10, 24, 23, 59, 1);
  const end = (text: string) => text.split(", ").at(-1);
  assertEquals(
    end(waitText("canvas", until)),
    "and will be answered after 00:00 UTC.",
  );
  assertEquals(
    end(waitText("channel")),
    "and will be answered when I can go on.",
  );
  assertEquals(waitText("peer", until), waitText("peer"));
});

Deno.test("isWaitText() knows them all", () => {
  for (
    const text of [waitText("peer"), waitText("canvas"), waitText("canvas", 0)]
  ) {
    assertEquals(isWaitText(text), true);
  }
  assertEquals(isWaitText("an answer"), false);
});
