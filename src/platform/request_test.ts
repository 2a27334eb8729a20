import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import {
  NoAnswerError,
  type RequestSpec,
  send,
  TooLargeError,
} from "./request.ts";
import { Transport } from "./transport.ts";

const TOKEN = "s3cret-token-abc";

/** A server on 127.0.0.1, and a way to send it requests. */
function serve(answer: (request: Request) => Response | Promise<Response>) {
  const connections = new Set<number>();
  const down = new AbortController();
  const server = Deno.serve(
    {
      hostname: "127.0.0.1",
      port: 0,
      signal: down.signal,
      onListen: () => {},
    },
    (request, { remoteAddr }) => {
      connections.add((remoteAddr as Deno.NetAddr).port);
      return answer(request);
    },
  );
  return client(server.addr.port, () => {
    down.abort();
    return server.finished;
  }, connections);
}

/** Answers each connection with `bytes`, then closes it. */
function serveBytes(bytes: string) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    for await (const connection of listener) {
      await connection.read(new Uint8Array(10_000));
      await connection.write(new TextEncoder().encode(bytes));
      connection.close();
    }
  })();
  return client((listener.addr as Deno.NetAddr).port, async () => {
    listener.close();
    await serving;
  });
}

function client(
  port: number,
  close: () => Promise<unknown>,
  connections = new Set<number>(),
) {
  const transport = new Transport();
  return {
    connections,
    send: (spec: Partial<RequestSpec> = {}) =>
      send(transport, {
        method: "GET",
        url: `http://127.0.0.1:${port}/x?secretless=1`,
        path: "/x",
        headers: { authorization: `Bearer ${TOKEN}` },
        signal: new AbortController().signal,
        timeoutMs: 30_000,
        maxBytes: 1_000,
        purpose: "read",
        isAnothers: false,
        ...spec,
      }),
    [Symbol.asyncDispose]: async () => {
      transport[Symbol.dispose]();
      await close();
    },
  };
}

async function noAnswer(sending: Promise<unknown>): Promise<NoAnswerError> {
  const error = await assertRejects(() => sending, NoAnswerError);
  assert(!Deno.inspect(error).includes(TOKEN), "no token in an error");
  return error;
}

Deno.test("an answer is handed on whole, whatever its status", async () => {
  await using server = serve(() =>
    new Response('{"error":"x"}', {
      status: 418,
      headers: {
        "content-type": "Application/JSON; charset=utf-8",
        "retry-after": "7",
        date: "Fri, 14 Aug 2026 09:33:04 GMT",
        "x-ratelimit-limit": "600",
        "x-ratelimit-remaining": "599",
        "x-ratelimit-reset": "60",
      },
    })
  );
  const { receivedAt, ...answer } = await server.send();
  assert(receivedAt <= Date.now());
  assertEquals(answer, {
    op: "GET /x",
    status: 418,
    type: "application/json",
    text: '{"error":"x"}',
    location: "",
    retryAfterMs: 7_000,
    date: Date.UTC(2026, 7, 14, 9, 33, 4),
    rateLimit: { limit: 600, remaining: 599, resetMs: 60_000 },
  });
});

Deno.test("a Retry-After that is a date is of the other side's clock", async () => {
  await using server = serve(() =>
    new Response(null, {
      status: 503,
      headers: {
        "retry-after": "Fri, 14 Aug 2026 09:33:24 GMT",
        date: "Fri, 14 Aug 2026 09:33:04 GMT",
      },
    })
  );
  assertEquals((await server.send()).retryAfterMs, 20_000);
});

for (const status of [301, 302, 303, 307, 308]) {
  Deno.test(`a ${status} is an answer, and is not followed`, async () => {
    const methods: string[] = [];
    await using server = serve((request) => {
      methods.push(request.method);
      return new Response(null, { status, headers: { location: "/y" } });
    });
    const answer = await server.send({ method: "POST", body: { a: 1 } });
    assertEquals([answer.status, answer.location], [status, "/y"]);
    assertEquals(methods, ["POST"]);
  });
}

Deno.test("a body is sent as JSON; without one there is none", async () => {
  const bodies: string[] = [];
  await using server = serve(async (request) => {
    bodies.push(await request.text());
    return new Response();
  });
  await server.send({ method: "POST", body: { a: "ä" } });
  await server.send({ method: "POST" });
  assertEquals(bodies, ['{"a":"ä"}', ""]);
});

Deno.test("a body of exactly the limit passes, one byte more does not", async () => {
  await using server = serve(() => new Response("x".repeat(1_000)));
  assertEquals((await server.send()).text.length, 1_000);
  const error = await assertRejects(
    () => server.send({ maxBytes: 999 }),
    TooLargeError,
  );
  assertEquals(error.head, "x".repeat(1_000));
  assertEquals(error.status, 200);
});

Deno.test("of a body without an end only the beginning is read", async () => {
  let cancelled!: () => void;
  const wasCancelled = new Promise<void>((resolve) => cancelled = resolve);
  await using server = serve(() =>
    new Response(
      new ReadableStream({
        pull: (sink) => sink.enqueue(new Uint8Array(65_536).fill(97)),
        cancel: () => cancelled(),
      }),
      { status: 502 },
    )
  );
  const error = await assertRejects(
    () => server.send({ maxBytes: 10_000_000 }),
    TooLargeError,
  );
  assertEquals(error.status, 502);
  assert(error.head.length >= 65_536 && error.head.length < 1_000_000);
  await wasCancelled;
});

Deno.test("a refused connection is the one failure of which it is sure that nothing was sent", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  await using nobody = client(port, () => Promise.resolve());
  assertEquals((await noAnswer(nobody.send())).sent, false);
});

const CUT: readonly (readonly [what: string, bytes: string])[] = [
  ["without an answer", ""],
  ["in the status line", "HTTP/1.1 20"],
  ["in the headers", "HTTP/1.1 200 OK\r\nContent-Len"],
  [
    "in a body of a known length",
    "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{",
  ],
  [
    "in a body of chunks",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
  ],
  ["after something that is no HTTP", "220 smtp.example\r\n"],
];
for (const [what, bytes] of CUT) {
  Deno.test(`a connection that ends ${what} is no answer, and may have been sent`, async () => {
    await using server = serveBytes(bytes);
    assertEquals(
      (await noAnswer(server.send({ method: "POST", body: {} }))).sent,
      true,
    );
  });
}

for (
  const [what, answer] of [
    ["that never comes", () => new Promise<Response>(() => {})],
    ["whose body never ends", () =>
      new Response(
        new ReadableStream({
          start: (sink) => sink.enqueue(new Uint8Array(3)),
        }),
      )],
  ] as const
) {
  Deno.test(`an answer ${what} is none after the time limit, and may have been sent`, async () => {
    await using server = serve(answer);
    const error = await noAnswer(server.send({ timeoutMs: 50 }));
    assertEquals(error.sent, true);
    assert(error.message.includes("50 ms"), error.message);
  });
}

for (const when of ["before the request", "while it runs", "in the body"]) {
  Deno.test(`an abort ${when} throws the caller's reason`, async () => {
    const controller = new AbortController();
    const reason = new Error("our own stop");
    await using server = serve(() => {
      if (when === "while it runs") {
        controller.abort(reason);
        return new Promise<Response>(() => {});
      }
      return new Response(
        new ReadableStream({
          start: (sink) => sink.enqueue(new Uint8Array(3)),
          pull: () => controller.abort(reason),
        }),
      );
    });
    if (when === "before the request") controller.abort(reason);
    const error = await assertRejects(() =>
      server.send({ signal: controller.signal })
    );
    assertStrictEquals(error, reason);
    if (when === "before the request") assertEquals(server.connections.size, 0);
  });
}

Deno.test("requests share connections; after a failure none of them is used again", async () => {
  let answer: () => Promise<Response> = () =>
    Promise.resolve(new Response("x"));
  await using server = serve(() => answer());
  await server.send();
  await server.send();
  assertEquals(server.connections.size, 1);
  const both = Promise.withResolvers<void>();
  let arrived = 0;
  answer = async () => {
    if (++arrived === 2) both.resolve();
    await both.promise;
    return new Response("x");
  };
  await Promise.all([server.send(), server.send()]);
  assertEquals(server.connections.size, 2);
  answer = () => new Promise(() => {});
  await noAnswer(server.send({ timeoutMs: 50 }));
  answer = () => Promise.resolve(new Response("x"));
  await server.send();
  assertEquals(server.connections.size, 3);
});

Deno.test("a bad header is our own bad input, not the network's", async () => {
  await using server = serve(() => new Response());
  const error = await assertRejects(() =>
    server.send({ headers: { "x": "a\nb" } })
  );
  assertInstanceOf(error, TypeError);
  assertEquals(server.connections.size, 0);
});
