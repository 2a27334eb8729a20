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

function everyByte(text: string): string {
  return text.replace(
    /./g,
    (char) => `%${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

const FORMS: readonly (readonly [what: string, text: string])[] = [
  ["percent-encoded", encodeURIComponent(SECRET)],
  [
    "percent-encoded in small letters",
    encodeURIComponent(SECRET).replace(/%../g, (code) => code.toLowerCase()),
  ],
  ["percent-encoded byte for byte", everyByte(SECRET)],
  [
    "percent-encoded here and there",
    everyByte(SECRET.slice(0, 9)) + SECRET.slice(9),
  ],
  ["in base64", btoa(SECRET)],
  ["in base64 with line ends", btoa(SECRET).replace(/.{7}/g, "$&\r\n")],
  [
    "in base64 for URLs",
    btoa(SECRET).replaceAll("+", "-").replaceAll("/", "_"),
  ],
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

Deno.test("a known secret is masked where it is the name of a member", () => {
  const redactor = new Redactor();
  redactor.add(SECRET);
  assertEquals(redactor.redactValue({ [SECRET]: 1 }), { "[redacted]": 1 });
});

Deno.test("in an answer only known secrets of 16 characters and more are masked", () => {
  const redactor = new Redactor();
  redactor.add(SECRET);
  redactor.add("fifteen-chars-x");
  const code =
    "const key = 'sk-abcdefgh12345'; token=abcdefgh1 fifteen-chars-x";
  assertEquals(redactor.redactAnswer({ text: code }), { text: code });
  assertEquals(redactor.redactAnswer([`<${SECRET}>`]), ["<[redacted]>"]);
  assertEquals(
    redactor.redactAnswer<unknown>({
      [SECRET]: { deep: [encodeURIComponent(SECRET)] },
    }),
    { "[redacted]": { deep: ["[redacted]"] } },
  );
});

Deno.test("of a secret that is renewed the newest few are known", () => {
  const redactor = new Redactor();
  redactor.add("the-token-itself");
  for (let i = 0; i < 20; i++) redactor.addRenewed(`inbound-secret-${i}-x`);
  redactor.addRenewed("the-token-itself");
  const shown = (text: string) => redactor.redact(text);
  assertEquals(shown("inbound-secret-0-x"), "inbound-secret-0-x");
  assertEquals(
    shown("inbound-secret-18-x inbound-secret-19-x"),
    "[redacted] [redacted]",
  );
  assertEquals(shown("the-token-itself"), "[redacted]");
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
  for (
    const piece of [
      "a.",
      "a-",
      "token",
      "Bearer ",
      "a://",
      "aaaa",
      "%61",
      "YWFh",
    ]
  ) {
    const text = piece.repeat(500_000);
    assertEquals(masked(text, `${"a".repeat(40)}b`).length > 0, true);
  }
});
