import { assert, assertEquals } from "@std/assert";
import { BackendError, type FailureKind } from "../errors.ts";
import { failureText } from "./failure_text.ts";

const KINDS: readonly FailureKind[] = [
  "timeout",
  "too_large",
  "not_ready",
  "too_many_steps",
  "limit",
  "refused",
  "failed",
];

function failed(failure: FailureKind, publicText?: string): BackendError {
  return new BackendError("final", "SECRET words of an agent", {
    failure,
    ...(publicText === undefined ? {} : { publicText }),
  });
}

Deno.test("people are told in words of their own for each kind of failure, and what to do", () => {
  const texts = KINDS.map((kind) => failureText("canvas", failed(kind)));
  assertEquals(new Set(texts).size, KINDS.length);
  for (const text of texts) {
    assert(/^Sorry, .*[Pp]lease/.test(text), text);
    assert(!text.includes("SECRET"));
  }
  assertEquals(
    KINDS.map((kind) => failureText("channel", failed(kind))),
    texts,
  );
});

Deno.test("peers are told the same of every failure, whatever the operator says", () => {
  const texts = KINDS.map((kind) => failureText("peer", failed(kind, "own")));
  assertEquals(new Set([...texts, failureText("peer")]).size, 1);
});

Deno.test("what is no back end's error is told as any other failure", () => {
  const text = failureText("canvas", failed("failed"));
  for (const error of [undefined, null, new Error("SECRET"), "SECRET"]) {
    assertEquals(failureText("canvas", error), text);
  }
});

const OWN: readonly (readonly [words: string, told: string])[] = [
  ["I am closed on Sundays.", "I am closed on Sundays."],
  [" two\r\n\nlines\0 and \u2028 more\ud800 ", "two lines and more"],
  ["x".repeat(500), "x".repeat(500)],
  ["x".repeat(501), `${"x".repeat(499)}…`],
  ["👨‍👩‍👧".repeat(600), `${"👨‍👩‍👧".repeat(499)}…`],
];
for (const [words, told] of OWN) {
  Deno.test(`an operator's own words ${JSON.stringify(words).slice(0, 40)} are told as one paragraph`, () => {
    assertEquals(failureText("canvas", failed("failed", words)), told);
  });
}

Deno.test("own words that say nothing are none", () => {
  const text = failureText("canvas", failed("limit"));
  for (const words of ["", " \n", "\0"]) {
    assertEquals(failureText("canvas", failed("limit", words)), text);
  }
});

Deno.test("own words of megabytes, in one character too, are cut quickly", () => {
  const { length } = failureText(
    "canvas",
    failed("failed", `e${"\u0301".repeat(5_000_000)}`),
  );
  assert(length <= 500 * 20 + 1, String(length));
});

Deno.test("a kind of failure that does not exist is told as any other", () => {
  assertEquals(
    failureText("canvas", failed("no such kind" as FailureKind)),
    failureText("canvas"),
  );
});

Deno.test("where it is known why the back end cannot be used, people are told that, and only for that failure", () => {
  const why = "This agent is not set up: log in.";
  assertEquals(failureText("canvas", failed("not_ready"), why), why);
  const other = failureText("canvas", failed("timeout"));
  assertEquals(failureText("canvas", failed("timeout"), why), other);
  const peer = failureText("peer");
  assertEquals(failureText("peer", failed("not_ready"), why), peer);
});
