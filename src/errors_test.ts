import { assert, assertEquals } from "@std/assert";
import {
  BackendError,
  ConnectError,
  MAX_ERROR_BODY_CHARS,
  PermanentError,
  reason,
  StateError,
  TransientError,
  UsageError,
  workspaceGone,
} from "./errors.ts";

const made: readonly (readonly [ConnectError, string, string])[] = [
  [new UsageError("bad flag"), "UsageError", "USAGE"],
  [new TransientError("GET /x"), "TransientError", "TRANSIENT"],
  [new PermanentError("GET /x", 404), "PermanentError", "PERMANENT"],
  [new BackendError("retry", "crashed"), "BackendError", "BACKEND"],
  [new StateError("/f", "damaged"), "StateError", "STATE"],
  [workspaceGone("w", "removed"), "ConnectError", "WORKSPACE_GONE"],
];
for (const [error, name, code] of made) {
  Deno.test(`a ${code} error is a ConnectError called ${name}`, () => {
    assert(error instanceof ConnectError);
    assertEquals([error.name, error.code], [name, code]);
  });
}

Deno.test("TransientError says what was asked, what came, and why", () => {
  const cause = new TypeError("error sending request", {
    cause: new Error("connection refused"),
  });
  const error = new TransientError("POST /a", cause, { retryAfterMs: 5 });
  assertEquals(
    error.message,
    "POST /a: error sending request: connection refused",
  );
  assertEquals(error.cause, cause);
  assertEquals(error.status, undefined);
  assertEquals(error.retryAfterMs, 5);
  const answered = new TransientError("GET /b", "overloaded", { status: 503 });
  assertEquals(answered.message, "GET /b: HTTP 503: overloaded");
});

Deno.test("PermanentError keeps at most 200 characters of the body, and never half of one", () => {
  const error = new PermanentError("GET /x", 400, "😀".repeat(300));
  assertEquals([...error.body].length, MAX_ERROR_BODY_CHARS);
  assert(error.body.isWellFormed());
  assertEquals(error.message, `GET /x: HTTP 400 ${error.body}`);
  assertEquals(new PermanentError("GET /x", 401).message, "GET /x: HTTP 401");
});

Deno.test("PermanentError takes a sentence, a code and a hint of its own", () => {
  const error = new PermanentError("POST /r", 401, "no", {
    message: "Cannot register",
    code: "TOKEN_REFUSED",
    hint: "rotate",
  });
  assertEquals(error.message, "Cannot register: HTTP 401 no");
  assertEquals([error.code, error.hint], ["TOKEN_REFUSED", "rotate"]);
});

Deno.test("an error without a cause has none, as against one whose cause is undefined", () => {
  assert(!("cause" in new UsageError("x")));
  assertEquals(new UsageError("x", "y", "z").cause, "z");
});

Deno.test("a StateError is damaged only where it says so", () => {
  assertEquals(new StateError("/f", "x").damaged, false);
  assertEquals(new StateError("/f", "x", { damaged: true }).damaged, true);
});

const chain = new Error("a", {
  cause: new Error("b", { cause: "c" }),
});
const REASONS: readonly (readonly [what: string, error: unknown, string])[] = [
  ["an error's message", new Error("a"), "a"],
  ["the messages of its causes", chain, "a: b: c"],
  [
    "a cause once that the message repeats",
    new Error("a: b", { cause: new Error("b") }),
    "a: b",
  ],
  ["the name where there is no message", new RangeError(), "RangeError"],
  ["a thrown string", "boom", "boom"],
  ["nothing of undefined", undefined, ""],
];
for (const [what, error, text] of REASONS) {
  Deno.test(`reason() gives ${what}`, () => assertEquals(reason(error), text));
}

Deno.test("reason() ends although a cause causes itself", () => {
  const error = new Error("loop");
  error.cause = error;
  assertEquals(reason(error), "loop");
});

Deno.test("workspaceGone() tells an unknown workspace from a removed one", () => {
  assert(
    workspaceGone("w-1", "unknown").message.includes('no workspace "w-1"'),
  );
  assert(workspaceGone("w-1", "removed").message.includes("was removed"));
});
