import { assert, assertEquals } from "@std/assert";
import { chatPage, sandboxLines } from "./sandbox_lines.ts";

const lines = sandboxLines({
  url: "http://127.0.0.1:65535",
  adminToken: "it's $secret",
  agent: { id: crypto.randomUUID(), token: "a".repeat(43) },
  peer: { id: crypto.randomUUID(), token: "p".repeat(43) },
  program: "npx -y deno task molecule",
});

Deno.test("sandboxLines() fit a terminal", () => {
  for (const line of lines) assert(line.length <= 80, line);
});

Deno.test("sandboxLines() show each token once, where the shell keeps it", () => {
  const text = lines.join("\n");
  for (const secret of ["a".repeat(43), "p".repeat(43)]) {
    assertEquals(text.split(secret).length, 2);
  }
  assert(!text.includes("--token"));
});

Deno.test("sandboxLines() begin with the address of the chat page", () => {
  assertEquals(
    lines[1],
    "#   http://127.0.0.1:65535/#token=it's%20%24secret",
  );
});

Deno.test("sandboxLines() fit a terminal with a token of the sandbox's own", () => {
  const url = "http://127.0.0.1:65535";
  const page = chatPage({ url, adminToken: "t".repeat(43) });
  assert(`#   ${page}`.length <= 80);
});

Deno.test("sandboxLines() quote what the shell would take apart", () => {
  assert(lines.includes("export ADMIN='it'\\''s $secret'"));
});
