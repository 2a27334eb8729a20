/** The back end `webhook` before a loopback server. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import type { Backend, Reply } from "../src/backends/backend.ts";
import { createBackend } from "../src/backends/registry.ts";
import { BackendError, UsageError } from "../src/errors.ts";
import {
  backendContract,
  type RecordedRequest,
  testContext,
  testMessage,
} from "../src/testing/mod.ts";
import { isUuid } from "../src/uuid.ts";
import {
  contractServer,
  HttpStage,
  silentServer,
  withEnv,
} from "./http_stage.ts";

const SECRET = "a shared secret, and a long one";

function echo(request: RecordedRequest): Response {
  return Response.json({ text: `re: ${request.json.text}` });
}

function webhook(stage: HttpStage, more: Record<string, string> = {}): Backend {
  return createBackend("webhook", { url: `${stage.url}/hook`, ...more });
}

/** What the back end makes of an answer. */
async function replyTo(answer: () => Response): Promise<Reply> {
  await using stage = new HttpStage(answer);
  return await webhook(stage).handle(testMessage("hi"), testContext());
}

/** One with a secret: it must not be shown. */
function signed(url: string): Promise<Backend> {
  return withEnv(
    { TEST_HOOK_SECRET: SECRET },
    () => createBackend("webhook", { url, secret_env: "TEST_HOOK_SECRET" }),
  );
}

const contract = contractServer(async (request) =>
  Response.json({ text: (await request.json()).text })
);

const silent = silentServer();

backendContract({
  name: "webhook",
  make: () => signed(contract),
  makeEndless: (begun) => {
    silent.begun = begun;
    return signed(silent.url);
  },
});

Deno.test("webhook posts the message, with what identifies it", async () => {
  await using stage = new HttpStage(echo);
  const files = [{
    path: "/private/a.txt",
    name: "a.txt",
    mimeType: "text/plain",
    size: 3,
  }];
  const unavailableFiles = [{ name: "b.txt", reason: "too large" }];
  const raw = { params: { message: { unknown: [1, 2] } } };
  const metadata = { key: "value" };
  const message = testMessage("hi", { raw, metadata });
  const context = testContext({ files, unavailableFiles, attempt: 2 });
  await webhook(stage).handle(message, context);
  assertEquals(stage.last.method, "POST");
  assertEquals(stage.last.path, "/hook");
  assertEquals(stage.last.json, {
    workspaceId: "workspace-1",
    origin: { kind: "peer", id: "peer-1" },
    activityId: "activity-1",
    messageId: "message-1",
    contextId: "context-1",
    taskId: "task-1",
    text: "hi",
    parts: [{ kind: "text", text: "hi" }],
    metadata,
    session: { id: context.session.id },
    files,
    unavailableFiles,
    raw,
  });
  const { headers } = stage.last;
  assertEquals(headers.get("content-type"), "application/json");
  assert(headers.get("user-agent")?.startsWith("molecule-connect/"));
  assertMatch(headers.get("x-molecule-timestamp")!, /^\d{10}$/);
  assert(isUuid(headers.get("idempotency-key")!));
  // Without a secret there is nothing to sign with.
  assertEquals(headers.get("x-molecule-signature"), null);
});

/** A verifier as the author of a webhook writes it. */
async function isGenuine(request: RecordedRequest): Promise<boolean> {
  const key = await crypto.subtle.importKey(
    "raw",
    new TextEncoder().encode(SECRET),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["verify"],
  );
  const given = request.headers.get("x-molecule-signature") ?? "";
  const timestamp = request.headers.get("x-molecule-timestamp");
  const signed = new TextEncoder().encode(`${timestamp}.${request.text}`);
  return given.startsWith("sha256=") && await crypto.subtle.verify(
    "HMAC",
    key,
    Uint8Array.fromHex(given.slice("sha256=".length)),
    signed,
  );
}

Deno.test("webhook signs what it posts", async () => {
  await using stage = new HttpStage(echo);
  const backend = await signed(stage.url);
  assertEquals(backend.secrets, [SECRET]);
  await backend.handle(testMessage("hällo 🙂 \u2028"), testContext());
  assert(await isGenuine(stage.last));
  const { last } = stage;
  const forged = Object.create(last, {
    text: { value: last.text.replace("hällo", "hallo") },
  });
  assert(!await isGenuine(forged));
  const headers = new Headers(last.headers);
  headers.set("x-molecule-timestamp", "1999999999");
  assert(
    !await isGenuine(Object.create(last, { headers: { value: headers } })),
  );
});

Deno.test("webhook sends nothing without the secret that it is to sign with", async () => {
  await using stage = new HttpStage(echo);
  const backend = webhook(stage, { secret_env: "TEST_NO_SUCH_SECRET" });
  assertEquals(await backend.check!(testContext().signal), {
    ready: false,
    reason: "the environment variable TEST_NO_SUCH_SECRET is not set",
    remedy: "set it, and start again",
  });
  const error = await assertRejects(
    () => backend.handle(testMessage("hi"), testContext()),
    BackendError,
  );
  assertEquals([error.kind, error.failure], ["final", "not_ready"]);
  assertEquals(stage.requests, []);
});

Deno.test("webhook posts a message that is run again byte for byte, under the same key", async () => {
  await using stage = new HttpStage(echo);
  const message = testMessage("hi");
  const { session } = testContext();
  for (const attempt of [1, 2]) {
    // A back end of its own, as after a new start.
    await webhook(stage).handle(
      message,
      testContext({
        attempt,
        again: attempt > 1,
        turnId: crypto.randomUUID(),
        outboxDir: `/private/${attempt}`,
        session: { ...session, fresh: attempt === 1 },
      }),
    );
  }
  const [first, second] = stage.requests;
  const key = (request: RecordedRequest) =>
    request.headers.get("idempotency-key");
  assertEquals(second!.text, first!.text);
  assertEquals(key(second!), key(first!));
});

Deno.test("webhook derives the key from the row, not from what the sender says", async () => {
  await using stage = new HttpStage(echo);
  const backend = webhook(stage);
  const keyOf = async (more: Parameters<typeof testMessage>[1]) => {
    await backend.handle(testMessage("hi", more), testContext());
    return stage.last.headers.get("idempotency-key");
  };
  const key = await keyOf({});
  assertEquals(await keyOf({ messageId: "another" }), key);
  assertNotEquals(await keyOf({ activityId: "activity-2" }), key);
  assertNotEquals(await keyOf({ workspaceId: "workspace-2" }), key);
});

Deno.test("webhook lets a sender write nothing into a header", async () => {
  await using stage = new HttpStage(echo);
  const evil = `x\r\nX-Evil: 1\r\n\r\nGET / HTTP/1.1\u0000😀`;
  const message = testMessage(evil, {
    messageId: evil,
    contextId: evil,
    taskId: evil,
    callerId: evil,
    callerName: evil,
    activityId: evil,
  });
  await webhook(stage).handle(message, testContext());
  assertEquals(stage.requests.length, 1);
  const { headers, json } = stage.last;
  assertEquals([json.messageId, json.contextId, json.text], [evil, evil, evil]);
  assertEquals(headers.get("x-evil"), null);
  const own = [...headers].map(([, value]) => value).join("\n");
  assert(!own.includes("Evil"), own);
});

Deno.test("webhook shows the workspace's token to nobody", async () => {
  await using stage = new HttpStage(echo);
  const token = "tok_live_0123456789";
  await withEnv({ MOLECULE_WORKSPACE_TOKEN: token }, async () => {
    await webhook(stage).handle(testMessage("hi"), testContext());
  });
  const { headers, text } = stage.last;
  assert(!`${JSON.stringify([...headers])} ${text}`.includes(token));
});

const BYTES = btoa("content");

interface Answered {
  readonly answer: () => Response;
  readonly parts: Reply["parts"];
}

const ANSWERS: Readonly<Record<string, Answered>> = {
  "a text": {
    answer: () => Response.json({ text: "fine" }),
    parts: [{ kind: "text", text: "fine" }],
  },
  "an empty text": { answer: () => Response.json({ text: "" }), parts: [] },
  "no parts": { answer: () => Response.json({ parts: [] }), parts: [] },
  "parts of every kind": {
    answer: () =>
      Response.json({
        text: "not this",
        parts: [
          { kind: "text", text: "a" },
          { type: "text", text: "b" },
          { text: "c" },
          { kind: "text", text: "" },
          { kind: "data", data: [1] },
          { kind: "file", file: { name: "a.txt", bytes: BYTES } },
          { kind: "image", file: { mime_type: "image/png", bytes: BYTES } },
        ],
      }),
    parts: [
      { kind: "text", text: "a" },
      { kind: "text", text: "b" },
      { kind: "text", text: "c" },
      { kind: "data", data: [1] },
      { kind: "file", file: { name: "a.txt", bytes: BYTES } },
      { kind: "file", file: { mimeType: "image/png", bytes: BYTES } },
    ],
  },
  "a file by its address, beside a text": {
    answer: () =>
      Response.json({
        parts: [
          { kind: "file", file: { uri: "file:///etc/passwd" } },
          { kind: "file", file: { uri: "http://127.0.0.1/a" } },
          { kind: "text", text: "a" },
          "b",
          { kind: "strange" },
        ],
      }),
    parts: [
      { kind: "file", file: { uri: "http://127.0.0.1/a" } },
      { kind: "text", text: "a" },
    ],
  },
  "plain text, as it is": {
    answer: () => new Response(`{"text":"a"}\n`),
    parts: [{ kind: "text", text: `{"text":"a"}\n` }],
  },
  "JSON of another type": {
    answer: () =>
      new Response(`{"text":"a"}`, {
        headers: { "content-type": "application/vnd.hook+json; charset=utf-8" },
      }),
    parts: [{ kind: "text", text: "a" }],
  },
  "JSON without a type": {
    answer: () => new Response(new TextEncoder().encode(`{"text":"a"}`)),
    parts: [{ kind: "text", text: "a" }],
  },
  "201": {
    answer: () => Response.json({ text: "a" }, { status: 201 }),
    parts: [{ kind: "text", text: "a" }],
  },
  "204": { answer: () => new Response(null, { status: 204 }), parts: [] },
};

for (const [name, { answer, parts }] of Object.entries(ANSWERS)) {
  Deno.test(`webhook replies with ${name}`, async () => {
    assertEquals((await replyTo(answer)).parts, parts);
  });
}

const UNUSABLE: Readonly<Record<string, () => Response>> = {
  "nothing with a 200": () => new Response(null),
  "nothing with a 202": () => new Response(null, { status: 202 }),
  "a number": () => Response.json(7),
  "a text as JSON": () => Response.json("fine"),
  "JSON without text or parts": () => Response.json({ ok: true }),
  "a text that is none": () => Response.json({ text: 7 }),
  "only files by their address": () =>
    Response.json({ parts: [{ kind: "file", file: { uri: "x:y" } }] }),
  "a web page that calls itself text": () =>
    new Response("<!DOCTYPE html><p>Welcome"),
  "a picture": () =>
    new Response("GIF89a", { headers: { "content-type": "image/gif" } }),
};

for (const [name, answer] of Object.entries(UNUSABLE)) {
  Deno.test(`webhook cannot reply with ${name}`, async () => {
    const error = await assertRejects(() => replyTo(answer), BackendError);
    assertEquals([error.kind, error.failure], ["final", "failed"]);
    assertStringIncludes(error.hint ?? "", "204");
  });
}

Deno.test("webhook refuses a text above 4 MiB, and takes a file of that size", async () => {
  const text = "x".repeat(4 * 1024 * 1024 + 1);
  const error = await assertRejects(
    () => replyTo(() => Response.json({ text })),
    BackendError,
  );
  assertEquals([error.kind, error.failure], ["final", "too_large"]);
  const bytes = btoa(text);
  const { parts } = await replyTo(() =>
    Response.json({ parts: [{ kind: "file", file: { bytes } }] })
  );
  assertEquals(parts, [{ kind: "file", file: { bytes } }]);
});

Deno.test("webhook waits as long as Retry-After says", async () => {
  for (const status of [429, 500, 503]) {
    const error = await assertRejects(
      () =>
        replyTo(() =>
          new Response(null, { status, headers: { "retry-after": "90" } })
        ),
      BackendError,
    );
    assertEquals([error.kind, error.retryAfterMs], ["weather", 90_000]);
  }
});

Deno.test("webhook follows no redirect, and names no more of it than the host", async () => {
  await using other = new HttpStage(echo);
  const error = await assertRejects(
    () =>
      replyTo(() => Response.redirect(`${other.url}/private?token=abc`, 307)),
    BackendError,
  );
  assertStringIncludes(error.message, `it points to ${other.url}`);
  assert(!error.message.includes("private"), error.message);
  assertEquals(other.requests, []);
});

const REFUSED: readonly (readonly [Record<string, string>, string])[] = [
  [{}, "needs the option url"],
  [{ url: "ftp://host.example" }, "no http or https address"],
  [{ url: "/hook" }, "no http or https address"],
  [{ url: "https://u:p4ssw0rd@host.example/h" }, "has credentials in it"],
  [{ url: "https://host.example", secret_env: "a b" }, "secret_env"],
  [{ url: "https://host.example", timeout: "5" }, "timeout"],
];

for (const [given, message] of REFUSED) {
  Deno.test(`webhook refuses ${JSON.stringify(given)}`, () => {
    const error = assertThrows(
      () => createBackend("webhook", given),
      UsageError,
    );
    assertStringIncludes(error.message, message);
    assert(!error.message.includes("p4ssw0rd"), error.message);
  });
}
