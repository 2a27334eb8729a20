/** A pipe that carries a protocol: one message a line. */
import { type Pump, pump } from "./child_streams.ts";

/** How lines are read. */
export interface LineOptions {
  /** Most bytes of one line. The stream as a whole may be of any length. */
  readonly maxLineBytes: number;
  /** Takes a line, without its end; also the last one, which may have none. Bytes that are no UTF-8 become U+FFFD. */
  readonly onLine: (line: string) => void;
  /** Called once, at the first byte beyond what a line may have; no line follows. */
  readonly onOverflow: () => void;
}

const LINE_FEED = 0x0a;

function joined(pieces: readonly Uint8Array[], size: number): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Hands over `stream` line by line; empty lines are left out. What `onLine` throws is what `done` rejects with. */
export function readLines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  { maxLineBytes, onLine, onOverflow }: LineOptions,
): Pump {
  const decoder = new TextDecoder();
  let pieces: Uint8Array[] = [];
  let size = 0;
  let overflowed = false;
  const add = (piece: Uint8Array) => {
    size += piece.length;
    if (size > maxLineBytes) {
      overflowed = true;
      pieces = [];
      onOverflow();
    } else if (piece.length > 0) pieces.push(piece);
  };
  const end = () => {
    // A carriage return before the line feed belongs to the line's end.
    const line = decoder.decode(joined(pieces, size)).replace(/\r$/, "");
    pieces = [];
    size = 0;
    if (line !== "") onLine(line);
  };
  const reading = pump(stream, (chunk) => {
    let rest: Uint8Array = chunk;
    // What is beyond is read on and dropped, so that the child is not stuck while it is asked to end.
    while (!overflowed) {
      const at = rest.indexOf(LINE_FEED);
      if (at === -1) return add(rest);
      add(rest.subarray(0, at));
      if (!overflowed) end();
      rest = rest.subarray(at + 1);
    }
  });
  const done = reading.done.then(() => {
    if (!overflowed && pieces.length > 0) end();
  });
  return { done, stop: reading.stop };
}
