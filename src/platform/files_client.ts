/** The platform's endpoints for files: what people send, and what they are sent. */
import {
  expectOk,
  expectTaken,
  isHtml,
  isOriginRefusal,
  jsonObject,
  transient,
} from "./answers.ts";
import { readUploaded } from "./read_answer.ts";
import type { Call } from "./call.ts";
import { segment } from "./segment.ts";
import type { UploadedFile } from "./wire.ts";

/** A line that takes less than so many bytes a second of an upload is no line. */
const MIN_UPLOAD_BYTES_PER_SECOND = 64 * 1024;

/** Files of one workspace. */
export class FilesClient {
  readonly #call: Call;
  readonly #own: (rest: string) => string;

  /** Makes its requests by `call`; `own` makes a path of the workspace. */
  constructor(call: Call, own: (rest: string) => string) {
    this.#call = call;
    this.#own = own;
  }

  /**
   * Fetches a file that was uploaded for this workspace; its bytes go to `sink`. Returns whether it is still there, and
   * the MIME type that the platform tells.
   *
   * @throws {TooLargeError} if it is longer than `maxBytes`.
   * @throws {PermanentError} if the platform refuses: 4xx but 401, 403, 408, 425, 429 and a 404 that is not its own.
   * @throws {TransientError} for everything that may pass.
   * @throws what `sink` throws.
   */
  async download(
    fileId: string,
    maxBytes: number,
    sink: (bytes: Uint8Array) => Promise<void>,
    signal: AbortSignal,
  ): Promise<{ readonly expired: boolean; readonly mimeType: string }> {
    const path = this.#own(`/pending-uploads/${segment(fileId)}/content`);
    // What is in a file says nothing about the platform: a web page may be what somebody uploaded.
    const extra = { maxBytes, sink, isAnothers: true };
    const answer = await this.#call("read", path, signal, extra);
    const { status } = answer;
    if (status === 404 && jsonObject(answer) !== undefined) {
      return { expired: true, mimeType: "" };
    }
    if (status === 200) {
      if (isHtml(answer) && !answer.isFile) throw transient(answer);
      return { expired: false, mimeType: answer.type };
    }
    expectOk(answer, (a) => ![401, 403, 404].includes(a.status));
    throw transient(answer, "the answer is no file");
  }

  /**
   * Tells the platform that a file was handled. It may be repeated; one that is gone already is as good.
   *
   * @throws {PermanentError | TransientError} as `upload()` does.
   */
  async acknowledge(fileId: string, signal: AbortSignal): Promise<void> {
    const path = this.#own(`/pending-uploads/${segment(fileId)}/ack`);
    const answer = await this.#call("post", path, signal);
    if (answer.status === 404) return;
    expectTaken(answer, (a) => !isOriginRefusal(a));
  }

  /**
   * Uploads files of ours for the person, all in one request, and returns where they are, in any order. They also come
   * back as rows of our own feed, perhaps before this answer. None may be empty: it would spoil the whole request.
   *
   * @throws {PermanentError} if the platform refuses them: 4xx but 408, 425 and 429.
   * @throws {TransientError} for everything that may pass, and for an answer that names no files.
   */
  async upload(
    files: readonly File[],
    signal: AbortSignal,
    beforeSend?: () => Promise<void>,
  ): Promise<readonly UploadedFile[]> {
    const form = new FormData();
    for (const file of files) form.append("files", file, file.name);
    const bytes = files.reduce((sum, { size }) => sum + size, 0);
    const path = this.#own("/chat/uploads");
    const answer = await this.#call("post", path, signal, {
      form,
      beforeSend,
      extraMs: bytes / MIN_UPLOAD_BYTES_PER_SECOND * 1_000,
    });
    expectTaken(answer, (a) => !isOriginRefusal(a));
    const uploaded = readUploaded(jsonObject(answer)?.files);
    if (uploaded.length !== files.length) {
      throw transient(answer, "the answer does not name the files");
    }
    return uploaded;
  }
}
