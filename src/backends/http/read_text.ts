/** Reads the body of an answer, as far as it may go. */

/** The body is longer than it may be. */
export class TooLongError extends Error {
  /** The class's name. */
  override readonly name = "TooLongError";
}

/** The text of the body's chunks, until `enough` says so of the bytes there are: then the connection is given up. */
async function readUntil(
  response: Response,
  enough: (bytes: number) => boolean,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  // Leaving the loop cancels the stream, and with it the connection.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    text += decoder.decode(chunk, { stream: true });
    if (enough(bytes)) break;
  }
  return text + decoder.decode();
}

/** The whole body as text. @throws {TooLongError} once it is longer than `maxBytes`. */
export function readText(
  response: Response,
  maxBytes: number,
): Promise<string> {
  return readUntil(response, (bytes) => {
    if (bytes > maxBytes) throw new TooLongError();
    return false;
  });
}

/** The beginning of the body: at least `bytes` of it, where there are so many, and no more than a chunk beyond. */
export function readBeginning(
  response: Response,
  bytes: number,
): Promise<string> {
  return readUntil(response, (read) => read >= bytes);
}
