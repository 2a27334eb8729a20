/** Keys, options and readiness of the back end `openai`. */
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { createBackend } from "../src/backends/registry.ts";
import { BackendError, UsageError } from "../src/errors.ts";
import { testContext, testMessage } from "../src/testing/mod.ts";
import { HttpStage, nobody, withEnv } from "./http_stage.ts";

import { echo, KEY, notReady, openai } from "./openai_stage.ts";

Deno.test("openai sends the key that was named, and tells the core of it", async () => {
  await using stage = new HttpStage(echo);
  await withEnv({ TEST_OPENAI_KEY: ` ${KEY}\n` }, async () => {
    const backend = openai(stage, { key_env: "TEST_OPENAI_KEY" });
    await backend.handle(testMessage("hi"), testContext());
    assertEquals(stage.last.headers.get("authorization"), `Bearer ${KEY}`);
    assertEquals(backend.secrets, [KEY]);
  });
});

Deno.test("openai shows OpenAI's own key to no other server", async () => {
  await using stage = new HttpStage(echo);
  await withEnv({ OPENAI_API_KEY: KEY }, async () => {
    const backend = openai(stage);
    await backend.handle(testMessage("hi"), testContext());
    assertEquals(stage.last.headers.get("authorization"), null);
    const own = createBackend("openai", { model: "m" });
    assertEquals(own.secrets, [KEY]);
    const like = createBackend("openai", {
      model: "m",
      url: "https://api.openai.com.evil.example",
    });
    assertEquals(like.secrets, []);
  });
});

Deno.test("openai without its key is not ready, and sends nothing", async () => {
  await using stage = new HttpStage(echo);
  const backend = openai(stage, { key_env: "TEST_NO_SUCH_KEY" });
  assertEquals(await backend.check!(testContext().signal), {
    ready: false,
    reason: "the environment variable TEST_NO_SUCH_KEY is not set",
    remedy: "set it, and start again",
  });
  const error = await assertRejects(
    () => backend.handle(testMessage("hi"), testContext()),
    BackendError,
  );
  assertEquals([error.kind, error.failure], ["final", "not_ready"]);
  assertEquals(stage.requests, []);
});

Deno.test("openai is not ready where nobody listens", async () => {
  const url = nobody();
  const backend = createBackend("openai", { model: "m", url });
  const { reason, remedy } = await notReady(backend);
  assertStringIncludes(reason, `Cannot connect to the server at ${url}`);
  assertEquals(remedy, "start the server, or correct the option url");
});

interface Checked {
  readonly answer: () => Response;
  readonly ready: boolean;
}

const CHECKS: Readonly<Record<string, Checked>> = {
  "a list of models": {
    answer: () => Response.json({ data: [{ id: "m" }] }),
    ready: true,
  },
  "no such list": {
    answer: () => new Response(null, { status: 404 }),
    ready: true,
  },
  "a server that is still loading": {
    answer: () => new Response(null, { status: 503 }),
    ready: true,
  },
  "a key for chats alone": {
    answer: () =>
      Response.json({ error: { message: "Missing scopes: api.model.read" } }, {
        status: 401,
      }),
    ready: true,
  },
  "a key that is refused": {
    answer: () =>
      Response.json({ error: { message: `Incorrect API key: ${KEY}` } }, {
        status: 401,
      }),
    ready: false,
  },
  "a redirect": {
    answer: () =>
      new Response(null, {
        status: 308,
        headers: { location: "https://elsewhere.example/v1" },
      }),
    ready: false,
  },
};

for (const [name, { answer, ready }] of Object.entries(CHECKS)) {
  Deno.test(`openai is ${ready ? "" : "not "}ready before ${name}`, async () => {
    await using stage = new HttpStage(answer);
    const backend = await withEnv(
      { TEST_OPENAI_KEY: KEY },
      () => openai(stage, { key_env: "TEST_OPENAI_KEY" }),
    );
    const readiness = await backend.check!(testContext().signal);
    assertEquals(readiness.ready, ready);
    assertEquals([stage.last.method, stage.last.path], ["GET", "/v1/models"]);
    assertEquals(stage.last.headers.get("authorization"), `Bearer ${KEY}`);
    if (readiness.ready) return;
    assert(!readiness.reason.includes(KEY), readiness.reason);
    assert(readiness.remedy !== "");
  });
}

interface Refused {
  readonly given: Record<string, string>;
  readonly message: string;
  readonly hint: string;
}

const REFUSED: readonly Refused[] = [
  { given: {}, message: "needs the option model", hint: "model=NAME" },
  {
    given: { model: "m", url: "localhost:11434" },
    message: "Option url is no http or https address",
    hint: "https://",
  },
  {
    given: { model: "m", url: "https://u:p4ssw0rd@host.example" },
    message: `Option url has credentials in it, before "@host.example"`,
    hint: "key_env",
  },
  {
    given: { model: "m", key_env: "sk-0123456789" },
    message: "Option key_env is not the name of an environment variable",
    hint: "into a variable",
  },
  {
    given: { model: "m", extra_body: "{" },
    message: "is no JSON object",
    hint: "temperature",
  },
  {
    given: { model: "m", extra_body: `{"model":"x"}` },
    message: `cannot set "model"`,
    hint: "option model",
  },
  {
    given: { model: "m", extra_body: `{"stream":true}` },
    message: `cannot set "stream"`,
    hint: "leave it out",
  },
  { given: { model: "m", history: "-1" }, message: "history", hint: "0" },
];

for (const { given, message, hint } of REFUSED) {
  Deno.test(`openai refuses ${JSON.stringify(given)}`, () => {
    const error = assertThrows(
      () => createBackend("openai", given),
      UsageError,
    );
    assertStringIncludes(error.message, message);
    assertStringIncludes(error.hint ?? "", hint);
    for (const secret of ["sk-0123456789", "p4ssw0rd"]) {
      assert(!error.message.includes(secret), error.message);
    }
  });
}

Deno.test("openai refuses a key that no header can carry", async () => {
  await withEnv({ TEST_OPENAI_KEY: "two words" }, () => {
    const error = assertThrows(
      () => createBackend("openai", { model: "m", key_env: "TEST_OPENAI_KEY" }),
      UsageError,
    );
    assertStringIncludes(error.message, "TEST_OPENAI_KEY");
    assert(!error.message.includes("two words"));
  });
});
