import { assertEquals, assertRejects } from "@std/assert";
import { Gate } from "./gate.ts";
import { type Answer, NoAnswerError, type RequestSpec } from "./request.ts";

/** A gate, and requests that end when a test says so. */
function setUp() {
  const told: string[] = [];
  const gate = new Gate({ backoffBaseMs: 1, backoffCapMs: 2 });
  gate.listen({
    onProbe: () => told.push("probe failed"),
    onReopened: () => told.push("reopened"),
  });
  const sent: string[] = [];
  const stop = new AbortController();
  const request = (
    name: string,
    send: () => Promise<Answer>,
    spec: Partial<RequestSpec> = {},
  ) =>
    gate.through(
      {
        purpose: "read",
        isAnothers: false,
        signal: stop.signal,
        ...spec,
      } as RequestSpec,
      () => {
        sent.push(name);
        return send();
      },
    );
  return { gate, sent, told, stop, request };
}

const answer = (status: number, text = "{}") => () =>
  Promise.resolve({ status, text, type: "", op: "" } as Answer);
const noAnswer = (sent = true) => () =>
  Promise.reject<Answer>(new NoAnswerError("GET /x", "cut", sent));
const fails = (made: Promise<Answer>) => assertRejects(() => made);

Deno.test("an open gate lets everything through, whatever a peer answers", async () => {
  const { gate, request } = setUp();
  const post = { purpose: "post", isAnothers: true } as const;
  await request("a", answer(200));
  await request("b", answer(500));
  await request("c", answer(503, ""), post);
  await request("platform's own", answer(503));
  await fails(request("d", noAnswer(true), post));
  assertEquals(gate.isClosed, false);
});

for (
  const [what, send] of [
    ["no answer", noAnswer()],
    ["502", answer(502, "")],
    ["503", answer(503, "<html>")],
    ["504", answer(504, "")],
    ["a web page", answer(200, "<!doctype html>")],
  ] as const
) {
  Deno.test(`${what} closes the gate, and any other answer opens it`, async () => {
    const { gate, request } = setUp();
    await request("first", send).catch(() => {});
    assertEquals(gate.isClosed, true);
    await request("probe", answer(401));
    assertEquals(gate.isClosed, false);
  });
}

Deno.test("a connection that did not come about closes the gate, also where it was for a peer", async () => {
  const { gate, request } = setUp();
  await fails(
    request("a2a", noAnswer(false), { purpose: "post", isAnothers: true }),
  );
  assertEquals(gate.isClosed, true);
});

Deno.test("while the gate is closed one request probes; the others are sent after it was answered", async () => {
  const { request, sent } = setUp();
  await fails(request("first", noAnswer()));
  const probe = Promise.withResolvers<Answer>();
  const began = Promise.withResolvers<void>();
  const probing = request("probe", () => {
    began.resolve();
    return probe.promise;
  });
  const others = [
    request("post", answer(200), { purpose: "post" }),
    request("read", answer(200)),
    request("beat", answer(200), { purpose: "beat" }),
  ];
  await began.promise;
  assertEquals(sent, ["first", "probe"]);
  probe.resolve(await answer(200)());
  await Promise.all([probing, ...others]);
  assertEquals(sent.slice(2).sort(), ["beat", "post", "read"]);
});

Deno.test("a probe that fails leaves its place to another one, and a lasting outage is told when it is over", async () => {
  const { gate, request, sent, told } = setUp();
  await fails(request("first", noAnswer()));
  const post = request("post", answer(200), { purpose: "post" });
  await fails(request("probe 1", noAnswer()));
  await request("probe 2", answer(503, ""));
  const rest = gate.rest(1_000_000, new AbortController().signal);
  await request("probe 3", answer(200));
  await Promise.all([post, rest]);
  assertEquals(sent, ["first", "probe 1", "probe 2", "probe 3", "post"]);
  assertEquals(told, [
    "probe failed",
    "probe failed",
    "probe failed",
    "reopened",
  ]);
});

Deno.test("an endpoint with a trouble of its own wakes nobody each time that another one answers", async () => {
  const { request, told } = setUp();
  await request("beat", answer(503, ""), { purpose: "beat" });
  await request("read", answer(200));
  assertEquals(told, ["probe failed"]);
});

Deno.test("a probe that was told to end leaves its place", async () => {
  const { request, stop } = setUp();
  await fails(request("first", noAnswer()));
  const own = new AbortController();
  const given = request("given up", () => {
    own.abort(new Error("not now"));
    return Promise.reject(own.signal.reason);
  }, { signal: own.signal });
  await assertRejects(() => given, Error, "not now");
  await request("next", answer(200), { signal: stop.signal });
});

Deno.test("requests that wait end with their signal; at a stop they go through", async () => {
  const { gate, request, sent } = setUp();
  await fails(request("first", noAnswer()));
  const own = new AbortController();
  const waiting = request("post", answer(200), {
    purpose: "post",
    signal: own.signal,
  });
  own.abort(new Error("cut"));
  await assertRejects(() => waiting, Error, "cut");
  const last = request("last", noAnswer(), { purpose: "post" });
  gate.stop();
  await fails(last);
  await fails(request("beat", noAnswer(), { purpose: "beat" }));
  await fails(request("beat again", noAnswer(), { purpose: "beat" }));
  assertEquals(sent, ["first", "last", "beat", "beat again"]);
});
