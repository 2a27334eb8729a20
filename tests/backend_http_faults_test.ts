/** Every HTTP fault of the matrix, before the back ends that speak HTTP: what it means for the message. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Backend } from "../src/backends/backend.ts";
import { createBackend } from "../src/backends/registry.ts";
import {
  BackendError,
  type BackendErrorKind,
  type FailureKind,
  reason,
} from "../src/errors.ts";
import { testContext, testMessage } from "../src/testing/mod.ts";
import {
  type FaultName,
  REQUEST_TIMEOUT_MS,
  WIRE_FAULTS,
} from "./faults/wire_faults.ts";
import { HttpStage, nobody, withEnv } from "./http_stage.ts";

type Meaning = readonly [kind: BackendErrorKind, failure: FailureKind];

/** What both make of it; where they differ, openai first and webhook second. */
const MEANINGS: Readonly<
  Record<FaultName, Meaning | readonly [Meaning, Meaning]>
> = {
  "400": ["final", "failed"],
  "401": ["final", "not_ready"],
  "403 with a reason": ["final", "not_ready"],
  "403, empty": ["final", "not_ready"],
  "404, empty": ["final", "not_ready"],
  "404, a web page": ["final", "not_ready"],
  "408": ["retry", "failed"],
  "409": ["final", "failed"],
  "425": ["retry", "failed"],
  "429": ["weather", "limit"],
  "429, Retry-After in seconds": ["weather", "limit"],
  "429, Retry-After as a date": ["weather", "limit"],
  "429, Retry-After: 0": ["weather", "limit"],
  "500": ["retry", "failed"],
  "502, a web page": ["retry", "failed"],
  "503": ["weather", "failed"],
  "503 with Retry-After": ["weather", "failed"],
  "504, empty": ["retry", "failed"],
  "301 to another host": ["final", "not_ready"],
  "307 to another host": ["final", "not_ready"],
  "200, the body breaks off": ["retry", "failed"],
  "200, the body breaks off, nothing was done": ["retry", "failed"],
  // A webhook has had the message then: it is not given it a second time.
  "200, half of the JSON": [["retry", "failed"], ["final", "failed"]],
  "200, JSON of another shape": [["retry", "failed"], ["final", "failed"]],
  "200, an empty body": [["retry", "failed"], ["final", "failed"]],
  "200, a web page": [["retry", "failed"], ["final", "failed"]],
  "200, 20 MiB that are no answer": ["final", "too_large"],
  "no headers within the time limit": ["final", "timeout"],
  "no headers within the time limit, but it was done": ["final", "timeout"],
  "a body that drips": ["final", "timeout"],
  "connection reset": ["retry", "failed"],
  "connection half-open": ["final", "timeout"],
};

const KEY = "k3y-of-the-operator-0123456789";
const PATH = "path-that-is-a-secret";

interface Subject {
  readonly name: string;
  readonly answer: unknown;
  readonly make: (url: string, timeout: string) => Backend;
}

const SUBJECTS: readonly Subject[] = [{
  name: "openai",
  answer: { choices: [{ message: { role: "assistant", content: "fine" } }] },
  make: (url, timeout) =>
    createBackend("openai", {
      url,
      timeout,
      model: "m",
      key_env: "TEST_HTTP_KEY",
    }),
}, {
  name: "webhook",
  answer: { text: "fine" },
  make: (url, timeout) =>
    createBackend("webhook", {
      url: `${url}/${PATH}`,
      timeout,
      secret_env: "TEST_HTTP_KEY",
    }),
}];

function meaning(fault: FaultName, subject: number): Meaning {
  const given = MEANINGS[fault];
  return typeof given[0] === "string"
    ? given as Meaning
    : given[subject] as Meaning;
}

/** What must be in no error, for errors are logged. */
function assertDiscreet(error: BackendError): void {
  const told = [reason(error), error.hint, error.publicText].join(" ");
  for (const secret of [KEY, PATH]) assert(!told.includes(secret), told);
}

for (const [index, { name, answer, make }] of SUBJECTS.entries()) {
  for (const fault of Object.keys(WIRE_FAULTS) as FaultName[]) {
    const [kind, failure] = meaning(fault, index);
    Deno.test(`${name}: ${fault} is ${kind}, ${failure}`, async () => {
      await using stage = new HttpStage(() => Response.json(answer));
      const backend = await withEnv(
        { TEST_HTTP_KEY: KEY },
        () => make(stage.url, `${REQUEST_TIMEOUT_MS}ms`),
      );
      stage.spoil(WIRE_FAULTS[fault]);
      const error = await assertRejects(
        () => backend.handle(testMessage("hi"), testContext()),
        BackendError,
      );
      assertEquals([error.kind, error.failure], [kind, failure], error.message);
      assertDiscreet(error);
      assertEquals(
        error.retryAfterMs !== undefined,
        fault.includes("Retry-After"),
      );
      // It recovers by itself, and nothing was repeated behind the core's back.
      const reply = await backend.handle(testMessage("hi"), testContext());
      assertEquals(reply.parts, [{ kind: "text", text: "fine" }]);
      assert(stage.requests.length <= 2);
      await backend.close?.();
    });
  }

  Deno.test(`${name}: where nobody listens, messages wait`, async () => {
    const backend = await withEnv(
      { TEST_HTTP_KEY: KEY },
      () => make(nobody(), "5s"),
    );
    const error = await assertRejects(
      () => backend.handle(testMessage("hi"), testContext()),
      BackendError,
    );
    assertEquals([error.kind, error.retryAfterMs], ["weather", 30_000]);
    assert(error.message.startsWith("Cannot connect to "), error.message);
    assertDiscreet(error);
  });

  Deno.test(`${name}: of an endless answer that is no success the beginning is enough`, async () => {
    await using stage = new HttpStage(() => Response.json(answer));
    const backend = await withEnv(
      { TEST_HTTP_KEY: KEY },
      () => make(stage.url, "5m"),
    );
    const piece = new TextEncoder().encode("x".repeat(64 * 1024));
    stage.spoil({
      answer: () =>
        new Response(
          new ReadableStream({ pull: (sink) => sink.enqueue(piece) }),
          { status: 500 },
        ),
    });
    const error = await assertRejects(
      () => backend.handle(testMessage("hi"), testContext()),
      BackendError,
    );
    assertEquals([error.kind, error.failure], ["retry", "failed"]);
    assert(error.message.length < 1_000);
  });

  Deno.test(`${name}: what deno may not reach is told as that`, async () => {
    const backend = await withEnv(
      { TEST_HTTP_KEY: KEY },
      () => make("http://not-allowed.example", "5m"),
    );
    const error = await assertRejects(
      () => backend.handle(testMessage("hi"), testContext()),
      BackendError,
    );
    assertEquals([error.kind, error.failure], ["final", "not_ready"]);
    assertEquals(error.hint, "run deno with --allow-net");
  });

  Deno.test(`${name}: a stop cuts a request short`, async () => {
    await using stage = new HttpStage(() => new Promise(() => {}));
    const backend = await withEnv(
      { TEST_HTTP_KEY: KEY },
      () => make(stage.url, "5m"),
    );
    const stop = new AbortController();
    const turn = backend.handle(
      testMessage("hi"),
      testContext({ signal: stop.signal }),
    );
    stop.abort(new Error("stop"));
    await assertRejects(() => turn, Error, "stop");
  });
}
