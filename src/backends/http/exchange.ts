/**
 * One request of a back end to the operator's HTTP server. Each has a connection of its own: one that went silent
 * between two turns fails nobody, and a turn takes long enough for that not to count.
 *
 * @module
 */
import { inWords } from "../../duration.ts";
import { BackendError } from "../../errors.ts";
import { inTime } from "../../in_time.ts";
import { neverConnected } from "../../never_connected.ts";
import { retryAfterMs } from "../../retry.ts";
import { VERSION } from "../../version.ts";
import { trouble } from "./trouble.ts";
import { readBeginning, readText, TooLongError } from "./read_text.ts";

/** A request to make. */
export interface Call {
  /** What errors call the server: `the webhook at https://host.example`. */
  readonly server: string;
  /** The whole address. It may hold what no log line should. */
  readonly url: URL;
  /** The HTTP method. */
  readonly method: "GET" | "POST";
  /** Headers beside `User-Agent`. Their values are never a sender's. */
  readonly headers: Readonly<Record<string, string>>;
  /** What to send; absent for nothing. */
  readonly body?: string;
  /** Longest time until the whole answer has come, in milliseconds. */
  readonly timeoutMs: number;
  /** The turn's signal. */
  readonly signal: AbortSignal;
}

/** An answer, whatever its status. */
export interface Answer {
  /** The HTTP status. */
  readonly status: number;
  /** The media type without parameters, in lower case; empty where there is none. */
  readonly type: string;
  /** The whole body of a 2xx, else its beginning. */
  readonly text: string;
  /** Where a redirect points. */
  readonly location: string;
  /** What `Retry-After` asks for, in milliseconds. */
  readonly retryAfterMs: number | undefined;
}

/** Longest body of an answer, in bytes: text is a fraction of it, files in base64 fill it. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** So much of an answer that is no success says what is wrong. */
const REFUSAL_BYTES = 64 * 1024;

/** Nobody listening is soon seen again, and costs nothing to ask: a server that was started gets its work at once. */
const DOWN_MS = 30_000;

/**
 * Makes one request; redirects are answers like any other.
 *
 * @throws {BackendError} `weather` where nobody is there to connect to, `final` after the time limit or where the
 * answer is too long, `retry` where the connection broke.
 * @throws the signal's reason if `call.signal` aborted.
 */
export async function exchange(call: Call): Promise<Answer> {
  const { server, timeoutMs } = call;
  call.signal.throwIfAborted();
  // Built before the try: what is wrong with it is our own doing, not the network's.
  const request = new Request(call.url, {
    method: call.method,
    headers: { ...call.headers, "user-agent": `molecule-connect/${VERSION}` },
    redirect: "manual", // followed, a POST would become a GET, and show its headers to a stranger
    ...(call.body === undefined ? {} : { body: call.body }),
  });
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([call.signal, timeout]);
  using client = Deno.createHttpClient({ http2: false });
  try {
    return await inTime(ask(request, client, signal), signal);
  } catch (error) {
    call.signal.throwIfAborted();
    if (timeout.aborted) {
      throw new BackendError(
        "final",
        `No whole answer of ${server} within ${inWords(timeoutMs)}`,
        {
          failure: "timeout",
          hint: "raise the option timeout, or look at what the server does",
        },
      );
    }
    if (error instanceof TooLongError) {
      throw new BackendError(
        "final",
        `The answer of ${server} is larger than ${
          MAX_BODY_BYTES / 1024 / 1024
        } MiB`,
        { failure: "too_large" },
      );
    }
    if (neverConnected(error)) {
      throw new BackendError(
        "weather",
        `Cannot connect to ${server}: ${trouble(error)}`,
        {
          retryAfterMs: DOWN_MS,
          hint: "start the server, or correct the option url",
        },
      );
    }
    if (error instanceof Deno.errors.NotCapable) {
      throw new BackendError(
        "final",
        `Cannot connect to ${server}: deno was not allowed to`,
        { failure: "not_ready", hint: "run deno with --allow-net" },
      );
    }
    throw new BackendError(
      "retry",
      `The connection to ${server} broke: ${trouble(error)}`,
    );
  }
}

async function ask(
  request: Request,
  client: Deno.HttpClient,
  signal: AbortSignal,
): Promise<Answer> {
  const response = await fetch(request, { client, signal });
  const { headers } = response;
  const date = Date.parse(headers.get("date") ?? "");
  return {
    status: response.status,
    type: (headers.get("content-type") ?? "").split(";")[0]!.trim()
      .toLowerCase(),
    text: response.ok
      ? await readText(response, MAX_BODY_BYTES)
      : await readBeginning(response, REFUSAL_BYTES),
    location: headers.get("location") ?? "",
    retryAfterMs: retryAfterMs(
      headers.get("retry-after"),
      Number.isNaN(date) ? Date.now() : date, // a date there is of the other side's clock
    ),
  };
}
