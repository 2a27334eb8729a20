import { assertEquals } from "@std/assert";
import { chatUrl, modelsUrl } from "./url.ts";

const CASES: readonly (readonly [base: string, api: string])[] = [
  ["https://api.openai.com/v1", "https://api.openai.com/v1"],
  ["https://api.openai.com", "https://api.openai.com/v1"],
  ["http://127.0.0.1:11434/", "http://127.0.0.1:11434/v1"],
  ["http://127.0.0.1:11434/v1/", "http://127.0.0.1:11434/v1"],
  ["https://openrouter.ai/api/v1", "https://openrouter.ai/api/v1"],
  ["https://host.example/api/v1beta", "https://host.example/api/v1beta"],
  ["https://host.example/vllm", "https://host.example/vllm/v1"],
  [
    "https://host.example/openai/chat/completions",
    "https://host.example/openai",
  ],
];

for (const [base, api] of CASES) {
  Deno.test(`chatUrl() and modelsUrl() make addresses of ${base}`, () => {
    assertEquals(chatUrl(new URL(base)).href, `${api}/chat/completions`);
    assertEquals(modelsUrl(new URL(base)).href, `${api}/models`);
  });
}

Deno.test("chatUrl() keeps a query", () => {
  assertEquals(
    chatUrl(new URL("https://host.example/v1?api-version=2")).href,
    "https://host.example/v1/chat/completions?api-version=2",
  );
});
