/**
 * The three pipes of a child: each is served at the same time as the others, is bounded, and can be left in the
 * middle.
 *
 * @module
 */

/** A pipe that is being served. */
export interface Pump {
  /** Resolves at the end of the pipe, or once it was stopped. */
  readonly done: Promise<void>;
  /** Leaves the pipe, even where another process holds its other end open. */
  stop(): Promise<void>;
}

/** A pipe that is being read; `text` is what was kept of it so far. */
export interface ReadingPump extends Pump {
  /** What was kept, as text; bytes that are no UTF-8 become U+FFFD. */
  text(): string;
}

/** Reads `stream` to its end, or until it is left. */
export function pump(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  take: (chunk: Uint8Array<ArrayBuffer>) => void,
): Pump {
  const reader = stream.getReader();
  const readAll = async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      take(value);
    }
  };
  return { done: readAll(), stop: () => reader.cancel() };
}

/** Keeps the first `maxBytes` of `stream` and calls `onOverflow` once, at the first byte beyond them. */
export function readHead(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  maxBytes: number,
  onOverflow: () => void,
): ReadingPump {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const reading = pump(stream, (chunk) => {
    // What is beyond is read on and dropped, so that the child is not stuck while it is asked to end.
    if (size > maxBytes) return;
    size += chunk.length;
    if (size > maxBytes) onOverflow();
    else chunks.push(chunk);
  });
  return {
    ...reading,
    text: () => {
      const decoder = new TextDecoder();
      return chunks.map((chunk) => decoder.decode(chunk, { stream: true }))
        .join("") + decoder.decode();
    },
  };
}

/** Keeps the last `maxBytes` of `stream`. */
export function readTail(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  maxBytes: number,
): ReadingPump {
  let tail = new Uint8Array(0);
  const reading = pump(stream, (chunk) => {
    const joined = new Uint8Array(tail.length + chunk.length);
    joined.set(tail);
    joined.set(chunk, tail.length);
    tail = joined.slice(-maxBytes);
  });
  return {
    ...reading,
    text: () => {
      // A cut may fall into the middle of a character: its rest (10xxxxxx) is left out.
      let start = 0;
      while (start < 3 && ((tail[start] ?? 0) & 0xc0) === 0x80) start++;
      return new TextDecoder().decode(tail.subarray(start));
    },
  };
}

/** Writes `text` into `stream` and closes it. A child that does not read it all is no error. */
export function writeAll(
  stream: WritableStream<Uint8Array<ArrayBuffer>>,
  text: string,
): Pump {
  const writer = stream.getWriter();
  // Broken pipe, or the writer was stopped: whether the child did its work shows in how it ends.
  const ignore = () => {};
  const bytes = new TextEncoder().encode(text);
  const writeThenClose = async () => {
    if (bytes.length > 0) await writer.write(bytes);
    await writer.close();
  };
  return {
    done: writeThenClose().catch(ignore),
    stop: () => {
      // Not waited for: deno cannot take back a write, and one goes on for as long as anybody could still read it.
      writer.abort().catch(ignore);
      return Promise.resolve();
    },
  };
}
