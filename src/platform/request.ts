/** One request: its time limit, its size limit, and what it means when there is no answer. */
import { TransientError } from "../errors.ts";
import { inTime } from "../in_time.ts";
import { neverConnected } from "../never_connected.ts";
import { retryAfterMs } from "../retry.ts";
import { type RateLimitState, readRateLimit } from "./pace.ts";
import { Transport } from "./transport.ts";

/** A request to make. */
export interface RequestSpec {
  /** The HTTP method. */
  readonly method: "GET" | "POST";
  /** The whole URL. */
  readonly url: string;
  /** Path without query, for `op`. */
  readonly path: string;
  /** Headers to send. */
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as JSON; absent for none. */
  readonly body?: unknown;
  /** Sent as `multipart/form-data`, in place of `body`. */
  readonly form?: FormData;
  /** The caller's signal. */
  readonly signal: AbortSignal;
  /** Longest time until the answer has come, or until a long body has come on by another 64 KiB. */
  readonly timeoutMs: number;
  /** Longest body of the answer, in bytes. */
  readonly maxBytes: number;
  /** What it is for: reads and beats may be repeated without a thought, a post may not; beats go before all else. */
  readonly purpose: "read" | "beat" | "post";
  /** Whether the answer may be another's than the platform's: then nothing is learnt from it. */
  readonly isAnothers: boolean;
  /** The URL for the moment when it is sent, where that makes a difference: it may have to wait before. */
  readonly urlNow?: (() => string) | undefined;
  /** Done right before it is sent, when it need not wait any more: what is noted of an attempt is noted here. */
  readonly beforeSend?: (() => Promise<void>) | undefined;
  /** Told that a long body comes on. */
  readonly onProgress?: (() => void) | undefined;
  /** Takes the body of a 200 piece by piece, in place of the answer's `text`; the next piece waits for it. */
  readonly sink?: ((bytes: Uint8Array) => Promise<void>) | undefined;
}

/** An answer, whatever its status. */
export interface Answer {
  /** Method and path. */
  readonly op: string;
  /** The HTTP status. */
  readonly status: number;
  /** The media type without parameters, in lower case. */
  readonly type: string;
  /** The whole body; empty where it went elsewhere. */
  readonly text: string;
  /** Whether the body calls itself a file, which a web page in place of an answer does not. */
  readonly isFile?: boolean;
  /** Where a redirect points. */
  readonly location: string;
  /** What `Retry-After` asks for, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** The other side's clock, in ms since 1970; undefined where it did not tell. */
  readonly date: number | undefined;
  /** What the platform says of its limit on requests; undefined where there is none. */
  readonly rateLimit: RateLimitState | undefined;
  /** Our own clock when the headers came, in ms since 1970: a body may take long after them. */
  readonly receivedAt: number;
}

/** Makes requests. */
export interface Sender extends Disposable {
  /**
   * Makes one request; redirects are answers like any other.
   *
   * @throws {NoAnswerError} if the network, the time limit or a cut body is in the way.
   * @throws {TooLargeError} if the body is longer than `maxBytes`.
   * @throws what `spec.sink` threw.
   * @throws the signal's reason if `spec.signal` aborted.
   */
  send(spec: RequestSpec): Promise<Answer>;
  /** The connections there are are not trusted any more: the next request gets new ones. */
  renew(): void;
}

/** There was no whole answer. `sent`: the request may have reached the other side all the same. */
export class NoAnswerError extends TransientError {
  /** False only where no connection came about. */
  readonly sent: boolean;

  /** `cause` is what fetch threw. */
  constructor(op: string, cause: unknown, sent: boolean) {
    super(op, cause);
    this.sent = sent;
  }
}

/** The answer's body is longer than the request allowed. Its status is the answer's. */
export class TooLargeError extends TransientError {
  /** The beginning of the body. */
  readonly head: string;

  /** `maxBytes` is what was allowed. */
  constructor(op: string, status: number, maxBytes: number, head: string) {
    super(op, `the answer is longer than ${maxBytes} bytes`, { status });
    this.head = head;
  }
}

/** What takes the body failed: no trouble of the connection's. */
class SinkError extends Error {
  constructor(cause: unknown) {
    super("", { cause });
  }
}

/** At least so much of a body that is too long is kept: a row's attachments may stand before its id. */
const HEAD_BYTES = 64 * 1024;

async function readBody(
  response: Response,
  op: string,
  maxBytes: number,
  onBytes: (size: number) => void,
  sink?: (bytes: Uint8Array) => Promise<void>,
): Promise<string> {
  const told = Number(response.headers.get("content-length"));
  if (sink !== undefined && told > maxBytes) {
    await response.body?.cancel();
    throw new TooLargeError(op, response.status, maxBytes, "");
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    if (sink === undefined) chunks.push(chunk);
    size += chunk.byteLength;
    // Leaving the loop cancels the stream, and with it the connection.
    if (size > maxBytes) {
      const head = decode(beginning(chunks));
      throw new TooLargeError(op, response.status, maxBytes, head);
    }
    await sink?.(chunk).catch((cause) => {
      throw new SinkError(cause);
    });
    onBytes(size);
  }
  return decode(chunks);
}

/** As many of the first chunks as the head needs. */
function beginning(chunks: readonly Uint8Array[]): Uint8Array[] {
  let size = 0;
  return chunks.filter((chunk) => {
    const isWanted = size < HEAD_BYTES;
    size += chunk.byteLength;
    return isWanted;
  });
}

function decode(chunks: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  let text = "";
  for (const chunk of chunks) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}

/** So much of a body counts as progress: fewer bytes are a drip that would hold the request for ever. */
const PROGRESS_BYTES = 64 * 1024;

/**
 * The time limit of a request. A body that goes on coming gets the whole time again, or a long row would never come
 * through a slow line.
 */
class TimeLimit {
  readonly #controller = new AbortController();
  readonly #ms: number;
  #timer: ReturnType<typeof setTimeout>;
  #counted = 0;

  constructor(ms: number) {
    this.#ms = ms;
    this.#timer = this.#arm();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  #arm(): ReturnType<typeof setTimeout> {
    return setTimeout(() => this.#controller.abort(), this.#ms);
  }

  /** So many bytes have come. Returns whether that is progress. */
  progress(size: number): boolean {
    if (size - this.#counted < PROGRESS_BYTES) return false;
    this.#counted = size;
    clearTimeout(this.#timer);
    this.#timer = this.#arm();
    return true;
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}

function isAttachment(headers: Headers): boolean {
  return /^\s*attachment\b/i.test(headers.get("content-disposition") ?? "");
}

/** The `send()` of a `Sender`, through `transport`. */
export async function send(
  transport: Pick<Transport, "with" | "renew">,
  spec: RequestSpec,
): Promise<Answer> {
  const op = `${spec.method} ${spec.path}`;
  spec.signal.throwIfAborted();
  // Built before the try: what is wrong with it is our own bad input, not the network.
  const request = new Request(spec.url, {
    method: spec.method,
    headers: spec.headers,
    redirect: "manual",
    ...(spec.body === undefined ? {} : { body: JSON.stringify(spec.body) }),
    ...(spec.form === undefined ? {} : { body: spec.form }),
  });
  const timeout = new TimeLimit(spec.timeoutMs);
  const signal = AbortSignal.any([spec.signal, timeout.signal]);
  return await transport.with(async (client) => {
    try {
      const response = await inTime(fetch(request, { client, signal }), signal);
      const receivedAt = Date.now();
      const onBytes = (size: number) => {
        if (timeout.progress(size)) spec.onProgress?.();
      };
      const sink = response.status === 200 ? spec.sink : undefined;
      const body = readBody(response, op, spec.maxBytes, onBytes, sink);
      const text = await inTime(body, signal);
      const date = Date.parse(response.headers.get("date") ?? "");
      return {
        op,
        status: response.status,
        type: (response.headers.get("content-type") ?? "").split(";")[0]!.trim()
          .toLowerCase(),
        text,
        ...(isAttachment(response.headers) ? { isFile: true } : {}),
        location: response.headers.get("location") ?? "",
        retryAfterMs: retryAfterMs(
          response.headers.get("retry-after"),
          Number.isNaN(date) ? Date.now() : date, // a date there is of the other side's clock
        ),
        date: Number.isNaN(date) ? undefined : date,
        rateLimit: readRateLimit(response.headers),
        receivedAt,
      };
    } catch (cause) {
      if (cause instanceof TooLargeError) throw cause;
      if (cause instanceof SinkError) throw cause.cause;
      spec.signal.throwIfAborted(); // our own stop is not the platform's failure
      transport.renew();
      if (timeout.signal.aborted) {
        throw new NoAnswerError(
          op,
          `no whole answer within ${spec.timeoutMs} ms`,
          true,
        );
      }
      throw new NoAnswerError(op, cause, !neverConnected(cause));
    } finally {
      timeout.clear();
    }
  });
}

/** Makes requests over HTTP. */
export class HttpSender implements Sender {
  readonly #transport = new Transport();

  send(spec: RequestSpec): Promise<Answer> {
    return send(this.#transport, spec);
  }

  renew(): void {
    this.#transport.renew();
  }

  [Symbol.dispose](): void {
    this.#transport[Symbol.dispose]();
  }
}
