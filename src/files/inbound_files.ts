/** The files of messages: fetched into a directory, each of them whole or not at all. */
import { join } from "@std/path";
import type { InboundFile, UnavailableFile } from "../backends/backend.ts";
import { reached } from "../crash_points.ts";
import { PermanentError, reason, TransientError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { factsIfThere } from "../os/files.ts";
import { storeFile } from "../os/store_file.ts";
import type { FilesClient } from "../platform/files_client.ts";
import { TooLargeError } from "../platform/request.ts";
import { UnaddressableError } from "../platform/segment.ts";
import { isOfDisk } from "../state/journal.ts";
import { toldType } from "./mime_type.ts";
import type { Source, WantedFile } from "./wanted_files.ts";
import { NotAllowedError, type WebFiles } from "./web_file.ts";

/** One file is at most so long, in bytes. */
export const MAX_FILE_BYTES: number = 25 * 1024 * 1024;
/** The files of one message are at most so long together. */
export const MAX_MESSAGE_BYTES: number = 100 * 1024 * 1024;

/** What is fetched from where. */
export interface InboundFilesOptions {
  readonly client: Pick<FilesClient, "download">;
  readonly web: WebFiles;
  readonly log: Logger;
}

/** What became of a message's files. */
export interface FetchedFiles {
  readonly files: readonly InboundFile[];
  readonly unavailable: readonly UnavailableFile[];
  /** Those that wait on the platform to be called handled. */
  readonly uploads: readonly string[];
  /** The first failure that may pass: fetching again may bring more. Its file is not among the unavailable ones. */
  readonly notYet: {
    readonly file: UnavailableFile;
    readonly error: unknown;
  }[];
}

/** Why a file cannot be had, for good, in fixed words. */
class Unavailable extends Error {
  constructor(readonly words: string, cause?: unknown) {
    super(words, { cause });
  }
}

/** Base64 as anybody writes it: either alphabet, white space, with or without padding. */
function decoded(base64: string): Uint8Array {
  const alphabet = /[-_]/.test(base64) ? "base64url" : "base64";
  try {
    return Uint8Array.fromBase64(base64, { alphabet });
  } catch (cause) {
    throw new Unavailable("damaged", cause);
  }
}

/** What an error that a file met means for good; undefined where it may pass, or is a bug. */
function lasting(error: unknown): Unavailable | undefined {
  if (error instanceof Unavailable) return error;
  if (error instanceof TooLargeError) return new Unavailable("too large");
  if (error instanceof NotAllowedError) {
    return new Unavailable("not allowed", error);
  }
  if (error instanceof PermanentError || error instanceof UnaddressableError) {
    return new Unavailable("could not be fetched", error);
  }
  return undefined;
}

/** Fetches files. */
export class InboundFiles {
  readonly #options: InboundFilesOptions;

  /** Fetches nothing yet. */
  constructor(options: InboundFilesOptions) {
    this.#options = options;
  }

  /**
   * Fetches what is wanted into `dir`, by way of `tempDir`; what is there already is taken as it is.
   *
   * @throws the signal's reason if it aborts.
   */
  async fetch(
    wanted: readonly WantedFile[],
    dir: string,
    tempDir: string,
    signal: AbortSignal,
  ): Promise<FetchedFiles> {
    const files: InboundFile[] = [];
    const unavailable: UnavailableFile[] = [];
    const notYet: FetchedFiles["notYet"] = [];
    let left = MAX_MESSAGE_BYTES;
    const limit = this.#options.web.limit();
    for (const file of wanted) {
      const { name } = file;
      const path = join(dir, name);
      const temp = join(tempDir, `${name}.part`);
      try {
        const most = Math.min(left, MAX_FILE_BYTES);
        const got = await this.#one(file, path, temp, most, signal, limit);
        files.push({ path, name, ...got });
        left -= got.size;
      } catch (error) {
        signal.throwIfAborted();
        const forGood = lasting(error);
        if (forGood !== undefined) {
          unavailable.push({ name, reason: forGood.words });
          this.#options.log.warn("A file of a message is not available", {
            ...{ file: name, reason: reason(forGood) },
          });
        } else if (error instanceof TransientError || isOfDisk(error)) {
          const words = "could not be fetched";
          notYet.push({ file: { name, reason: words }, error });
        } else throw error;
      }
    }
    const isHere = new Set(files.map(({ name }) => name));
    const uploads = wanted.flatMap(({ name, source }) =>
      source.is === "upload" && isHere.has(name) ? [source.id] : []
    );
    return { files, unavailable, uploads, notYet };
  }

  async #one(
    wanted: WantedFile,
    path: string,
    temp: string,
    most: number,
    signal: AbortSignal,
    limit: AbortSignal,
  ): Promise<{ readonly mimeType: string; readonly size: number }> {
    const { mimeType = "", toldSize, source } = wanted;
    if (source.is === "nowhere") throw new Unavailable(source.reason);
    const there = await factsIfThere(path);
    if (there !== undefined) return { mimeType, size: there.bytes };
    if (toldSize > most) throw new Unavailable("too large");
    let size = 0;
    const told = await storeFile(
      path,
      temp,
      (write) =>
        this.#fill(
          source,
          most,
          (bytes) => {
            size += bytes.length;
            return write(bytes);
          },
          signal,
          limit,
        ),
    );
    reached("file fetched");
    return { mimeType: mimeType || (toldType(told) ?? ""), size };
  }

  /** Writes a file; returns the MIME type that its server tells. */
  async #fill(
    source: Exclude<Source, { is: "nowhere" }>,
    most: number,
    write: (bytes: Uint8Array) => Promise<void>,
    signal: AbortSignal,
    limit: AbortSignal,
  ): Promise<string> {
    const { client, web } = this.#options;
    switch (source.is) {
      case "inline": {
        const bytes = decoded(source.bytes);
        if (bytes.length > most) throw new Unavailable("too large");
        await write(bytes);
        return "";
      }
      case "web":
        return await web.fetch(source.url, most, write, signal, limit);
      case "upload": {
        const { id } = source;
        const got = await client.download(id, most, write, signal);
        if (got.expired) throw new Unavailable("expired");
        return got.mimeType;
      }
    }
  }
}
