/** What an operator, a proxy or a network can do to a request, by name: the columns of the matrix. */
import { type Fault, faults } from "../../src/testing/mod.ts";
import type { RawFault } from "./gateway.ts";

/** One way in which a request goes wrong. */
export interface WireFault {
  /** Where the sandbox answers in the platform's place. */
  readonly answer?: Fault;
  /** Where the connection itself is at fault, before any answer. */
  readonly raw?: RawFault;
}

/** Requests of a trial may take this long: a fault that only the limit ends is over soon, and a busy machine keeps it. */
export const REQUEST_TIMEOUT_MS = 2_000;

/**
 * An error body as a careless proxy writes it: it shows the request's own headers and body. Nothing of it may come
 * through to a log line, an event or a heartbeat.
 */
function echoing(code: number, headers: Record<string, string> = {}): Fault {
  return ({ request }) => {
    const seen = [request.headers.get("authorization"), request.text].join(" ");
    return Response.json({ error: `refused: ${seen}` }, {
      status: code,
      headers,
    });
  };
}

function empty(code: number): Fault {
  return faults.status(code, { body: "" });
}

/** The request takes effect; its answer is replaced by `body`. */
function taken(
  body: BodyInit | null,
  type = "application/json; charset=utf-8",
): Fault {
  return async ({ proceed }) => {
    await (await proceed()).body?.cancel();
    return new Response(body, { headers: { "content-type": type } });
  };
}

/** The request takes effect; its answer comes whole, and is only the first half of the true one. */
const halfJson: Fault = async ({ proceed }) => {
  const answer = await proceed();
  const text = await answer.text();
  return new Response(text.slice(0, Math.max(1, text.length >> 1)), {
    headers: { "content-type": "application/json" },
  });
};

/** A list where an object belongs, and the other way round. The request takes effect. */
const otherShape: Fault = async ({ request, proceed }) => {
  await (await proceed()).body?.cancel();
  return Response.json(request.endpoint === "activity" ? { rows: [] } : [7]);
};

/** A page of 20 MiB that is no answer. The request takes effect. */
const endless: Fault = async ({ proceed }) => {
  await (await proceed()).body?.cancel();
  const piece = new TextEncoder().encode("x".repeat(1024 * 1024));
  let left = 20;
  return new Response(
    new ReadableStream({
      pull: (sink) => left-- > 0 ? sink.enqueue(piece) : sink.close(),
    }),
    { headers: { "content-type": "application/json" } },
  );
};

const inASecond: Fault = () =>
  new Response(null, {
    status: 429,
    headers: { "retry-after": new Date(Date.now() + 1_500).toUTCString() },
  });

/** Every fault that can befall one endpoint while the others work. */
export const WIRE_FAULTS = {
  "400": { answer: echoing(400) },
  "401": { answer: echoing(401) },
  "403 with a reason": { answer: echoing(403) },
  "403, empty": { answer: empty(403) },
  "404, empty": { answer: empty(404) },
  "404, a web page": { answer: faults.html(404) },
  "408": { answer: echoing(408) },
  "409": { answer: echoing(409) },
  "425": { answer: echoing(425) },
  "429": { answer: echoing(429) },
  "429, Retry-After in seconds": {
    answer: echoing(429, { "retry-after": "1" }),
  },
  "429, Retry-After as a date": { answer: inASecond },
  "429, Retry-After: 0": { answer: echoing(429, { "retry-after": "0" }) },
  "500": { answer: echoing(500) },
  "502, a web page": { answer: faults.html(502) },
  "503": { answer: echoing(503) },
  "503 with Retry-After": { answer: echoing(503, { "retry-after": "1" }) },
  "504, empty": { answer: empty(504) },
  "301 to another host": {
    answer: faults.redirect("https://elsewhere.example/", 301),
  },
  "307 to another host": {
    answer: faults.redirect("https://elsewhere.example/", 307),
  },
  "200, the body breaks off": { answer: faults.cut() },
  "200, the body breaks off, nothing was done": {
    answer: faults.cut({ accept: false }),
  },
  "200, half of the JSON": { answer: halfJson },
  "200, JSON of another shape": { answer: otherShape },
  "200, an empty body": { answer: taken(null) },
  "200, a web page": {
    answer: taken("<!doctype html><p>Welcome", "text/html"),
  },
  "200, 20 MiB that are no answer": { answer: endless },
  "no headers within the time limit": { answer: faults.hang() },
  "no headers within the time limit, but it was done": {
    answer: faults.hang({ accept: true }),
  },
  "a body that drips": { answer: faults.drip(10_000) },
  "connection reset": { raw: "reset" },
  "connection half-open": { raw: "half-open" },
} as const satisfies Record<string, WireFault>;

/** The name of a fault. */
export type FaultName = keyof typeof WIRE_FAULTS;
