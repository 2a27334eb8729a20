import { assert, assertEquals } from "@std/assert";
import { Redactor } from "./redact.ts";

const SECRET = "aB3/dE6+hI9_kL2-nO5";

function masked(text: string, ...secrets: string[]): string {
  const redactor = new Redactor();
  for (const secret of secrets) redactor.add(secret);
  return redactor.redact(text);
}

Deno.test("a known secret is masked wherever it stands", () => {
  assertEquals(
    masked(`<${SECRET}> and ${SECRET}`, SECRET),
    "<[redacted]> and [redacted]",
  );
});

const FORMS: readonly (readonly [what: string, text: string])[] = [
  ["percent-encoded", encodeURIComponent(SECRET)],
  ["in base64", btoa(SECRET)],
  ["at the beginning of more base64", btoa(`${SECRET} and more`)],
  ["in JSON", JSON.stringify({ value: SECRET })],
];
for (const [what, text] of FORMS) {
  Deno.test(`a known secret is masked ${what}`, () => {
    const shown = masked(text, SECRET);
    assert(shown.includes("[redacted]"), shown);
    assert(!shown.includes(SECRET.slice(0, 8)));
    assert(!shown.includes(btoa(SECRET).slice(0, 8)));
  });
}

Deno.test("a known secret with quotes in it is masked in JSON", () => {
  const secret = 'with"quote\\and-slash';
  assert(!masked(JSON.stringify({ secret }), secret).includes("and-slash"));
});

Deno.test("a short value is no secret: it would mask ordinary words", () => {
  assertEquals(masked("the test", "test"), "the test");
});

Deno.test("of two secrets of which one begins like the other nothing is left", () => {
  assertEquals(
    masked("abcdefgh-tail", "abcdefgh", "abcdefgh-tail"),
    "[redacted]",
  );
  assertEquals(
    masked("abcdefgh-tail", "abcdefgh-tail", "abcdefgh"),
    "[redacted]",
  );
});

const LOOKS: readonly (readonly [text: string, masked: string])[] = [
  ["Authorization: Bearer abcdefgh12345", "Authorization: Bearer [redacted]"],
  ["bearer abcdefgh12345=", "bearer [redacted]"],
  ["key sk-ant-api03-abcdefgh", "key [redacted]"],
  ["ghp_abcdefgh12345", "[redacted]"],
  ["xoxb-123456789-abc", "[redacted]"],
  ["https://me:pw@host/x", "https://[redacted]@host/x"],
  ['{"auth_token":"abcdefgh1"}', '{"auth_token":"[redacted]"}'],
  ["api_key=abcdefgh1&x=1", "api_key=[redacted]&x=1"],
  ["password: hunter2hunter2", "password: [redacted]"],
  ["https://host/x@y", "https://host/x@y"],
  ["the token is refused", "the token is refused"],
  ["a bearer of news", "a bearer of news"],
];
for (const [text, shown] of LOOKS) {
  Deno.test(`what looks like a secret is masked: ${text}`, () => {
    assertEquals(masked(text), shown);
  });
}

Deno.test("a long text of a stranger's does not stall the masking", () => {
  // Quadratic work on these takes minutes, so that a run which hangs here is the failure.
  for (const piece of ["a.", "a-", "token", "Bearer ", "a://"]) {
    const text = piece.repeat(500_000);
    assertEquals(masked(text).length > 0, true);
  }
});
