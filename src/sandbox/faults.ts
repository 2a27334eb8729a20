/**
 * Faults that tests script on the sandbox. Each function makes one; `sandbox.fault(endpoint, fault)` puts it in force.
 *
 * @module
 */
import { delay } from "@std/async/delay";
import type { RecordedRequest } from "./recorder.ts";

/** What a fault gets. */
export interface FaultCall {
  /** The request that it spoils. */
  readonly request: RecordedRequest;
  /** Lets the request take effect, and gives the answer that it would have had. */
  readonly proceed: () => Promise<Response>;
  /** Aborts when the platform goes down. */
  readonly down: AbortSignal;
}

/** Answers a request in place of the platform. */
export type Fault = (call: FaultCall) => Response | Promise<Response>;

/** Whether the request takes effect although its answer goes wrong. */
export interface Effect {
  /** True: it takes effect. */
  readonly accept?: boolean | undefined;
}

/** Answers with a status; the request takes no effect. `body` is text as it is, or any JSON. */
export function status(
  code: number,
  answer: {
    readonly body?: unknown;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): Fault {
  const { body = { error: "scripted fault" }, headers } = answer;
  const isText = typeof body === "string";
  return () =>
    new Response(isText ? body || null : JSON.stringify(body), {
      status: code,
      headers: isText
        ? { ...headers }
        : { "content-type": "application/json; charset=utf-8", ...headers },
    });
}

/** Answers with a page of HTML, as a proxy or a web UI does; the request takes no effect. */
export function html(code = 200): Fault {
  return status(code, {
    body: "<!doctype html><title>Molecule</title>",
    headers: { "content-type": "text/html; charset=utf-8" },
  });
}

/** Answers with a redirect; the request takes no effect. */
export function redirect(location: string, code = 307): Fault {
  return status(code, { body: "", headers: { location } });
}

/** Never answers, until the platform goes down; by default the request takes no effect. */
export function hang(effect: Effect = {}): Fault {
  return async ({ proceed }) => {
    if (effect.accept) await (await proceed()).body?.cancel();
    return await new Promise<Response>(() => {});
  };
}

/** Holds the request back until `released`; then it takes effect. */
export function until(released: Promise<unknown>): Fault {
  return async ({ proceed }) => {
    await released;
    return await proceed();
  };
}

/** The request takes effect at once, but its answer waits until `released`. */
export function answerAfter(released: Promise<unknown>): Fault {
  return async ({ proceed }) => {
    const answer = await proceed();
    await released;
    return answer;
  };
}

/** Sends the headers and half of the body, then closes the connection; by default the request takes effect. */
export function cut(effect: Effect = {}): Fault {
  return async ({ proceed }) => {
    const answer = effect.accept === false
      ? new Response(`{"status":"never sent to its end"}`)
      : await proceed();
    const body = await answer.bytes();
    const headers = new Headers(answer.headers);
    headers.set("content-length", String(Math.max(body.length, 2)));
    const half = body.subarray(0, Math.max(1, body.length >> 1));
    let sent = false;
    return new Response(
      new ReadableStream({
        pull(sink) {
          if (sent) sink.error(new Error("scripted cut"));
          else sink.enqueue(half);
          sent = true;
        },
      }),
      { status: answer.status, headers },
    );
  };
}

/** Sends the true answer `bytes` at a time, with a pause before each piece. */
export function drip(pauseMs: number, bytes = 1): Fault {
  return async ({ proceed, down }) => {
    const answer = await proceed();
    const body = await answer.bytes();
    const cancelled = new AbortController();
    const signal = AbortSignal.any([down, cancelled.signal]);
    let at = 0;
    return new Response(
      new ReadableStream({
        async pull(sink) {
          if (at >= body.length) return sink.close();
          if (pauseMs > 0) await delay(pauseMs, { signal });
          sink.enqueue(body.subarray(at, at += bytes));
        },
        cancel: () => cancelled.abort(),
      }),
      { status: answer.status, headers: answer.headers },
    );
  };
}

/** Changes the JSON of the true answer. */
export function rewrite(
  // deno-lint-ignore no-explicit-any -- a test knows the shape of the answer it changes
  change: (body: any) => unknown,
): Fault {
  return async ({ proceed }) => {
    const answer = await proceed();
    return new Response(JSON.stringify(change(await answer.json())), {
      status: answer.status,
      headers: answer.headers,
    });
  };
}

/** Gives every row of an activity page twice. */
export function duplicateRows(): Fault {
  return rewrite((rows) =>
    Array.isArray(rows) ? rows.flatMap((row) => [row, row]) : rows
  );
}
