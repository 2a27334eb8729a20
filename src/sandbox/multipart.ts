/**
 * Reads `multipart/form-data`. Deno's own reader cuts a file's name at a semicolon and gives files without a type one.
 *
 * @module
 */

/** A part that carries a file. */
export interface FilePart {
  /** The form's field. */
  readonly field: string;
  /** The file's name as it was sent. */
  readonly name: string;
  /** Its MIME type as it was sent, or "". */
  readonly mimeType: string;
  /** Its bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The files in a body; undefined where it is malformed. A part without a file name is no file. */
export function parseFileParts(
  body: Uint8Array<ArrayBuffer>,
  contentType: string,
): FilePart[] | undefined {
  const boundary = /^multipart\/form-data;.*boundary="?([^";]+)/i
    .exec(contentType)?.[1];
  if (boundary === undefined) return undefined;
  // Latin-1 maps each byte to one character, so that positions in the text are positions in the body.
  const text = new TextDecoder("latin1").decode(body);
  const files: FilePart[] = [];
  const opening = `--${boundary}`;
  if (!text.startsWith(opening)) return undefined;
  let at = opening.length;
  while (text.startsWith("\r\n", at)) {
    const headersEnd = text.indexOf("\r\n\r\n", at);
    const end = text.indexOf(`\r\n${opening}`, headersEnd);
    if (headersEnd < 0 || end < 0) return undefined;
    const headers = new TextDecoder().decode(body.subarray(at, headersEnd));
    const disposition = /^content-disposition:(.*)$/im.exec(headers)?.[1] ?? "";
    const name = parameter(disposition, "filename");
    if (name !== "") {
      files.push({
        field: parameter(disposition, "name"),
        name,
        mimeType: (/^content-type:(.*)$/im.exec(headers)?.[1] ?? "").trim(),
        bytes: body.slice(headersEnd + 4, end),
      });
    }
    at = end + 2 + opening.length;
  }
  return text.startsWith("--", at) ? files : undefined;
}

function parameter(disposition: string, name: string): string {
  return new RegExp(`[;\\s]${name}="((?:[^"\\\\]|\\\\.)*)"`, "i")
    .exec(disposition)?.[1]?.replace(/\\(.)/g, "$1") ?? "";
}
