/** The files of answers: what a back end left in its outbox directory, or named in its reply and lies there. */
import { basename, fromFileUrl, resolve } from "@std/path";
import { cleanText } from "../a2a/clean_text.ts";
import type { FilePart, Part } from "../a2a/part.ts";
import { reason } from "../errors.ts";
import type { Logger } from "../log.ts";
import {
  filesBelow,
  readInside,
  realDirBelow,
  realPathInside,
} from "../os/read_inside.ts";
import { mimeTypeOf, toldType } from "./mime_type.ts";

/** An answer takes fewer; of the others so many are named. */
const MAX_LISTED = 100;

/** What is to be collected. */
export interface OutboundOptions {
  /** A directory that no back end writes beside. */
  readonly root: string;
  /** The outbox directory of the run, below it. */
  readonly dir: string;
  /** Longest files together, in bytes: what goes beyond it is named and not read. */
  readonly maxBytes: number;
  readonly log: Logger;
}

/** A file that does not go along: its name is all that is said of it. */
function named(name: string): FilePart {
  return { kind: "file", file: { name: cleanText(name) } };
}

const FILE_ADDRESS = /^file:/i;
/** Addresses of other kinds. One letter is no scheme, but a drive of Windows'. */
const OTHER_ADDRESS = /^(?!file:)[a-z][a-z0-9+.-]+:/i;

/** The path that a `file:` address or a plain path means on this machine; undefined where it means none. */
function pathOf(uri: string, dir: string): string | undefined {
  if (!FILE_ADDRESS.test(uri)) return resolve(dir, uri);
  try {
    return fromFileUrl(uri);
  } catch {
    return undefined; // of another machine, or no address
  }
}

/** The last segment of a path; one of Windows' may be written anywhere. */
function nameOf(path: string): string {
  return path.split(/[/\\]/).findLast((segment) => segment !== "") ?? "file";
}

class Collector {
  readonly #options: OutboundOptions;
  #left: number;
  /** Real paths that the reply named itself. */
  readonly taken = new Set<string>();

  constructor(options: OutboundOptions) {
    this.#options = options;
    this.#left = options.maxBytes;
  }

  /** The file as a part with its bytes; one that cannot be read, or is too long, as its name. */
  async read(path: string, given: FilePart["file"] = {}): Promise<FilePart> {
    const { dir, log } = this.#options;
    const name = given.name ?? basename(path);
    let got: Awaited<ReturnType<typeof readInside>>;
    try {
      got = await readInside(path, dir, this.#left);
    } catch (error) {
      log.warn("A file of an answer cannot be read", {
        ...{ file: name, error: reason(error) },
      });
      return named(name);
    }
    if (got.is !== "file") {
      const why = got.is === "too long"
        ? "it is too large"
        : "it is no regular file in the outbox directory";
      log.warn("A file of an answer is not sent", { file: name, reason: why });
      return named(name);
    }
    this.#left -= got.bytes.length;
    return {
      kind: "file",
      file: {
        name: cleanText(name),
        mimeType: toldType(given.mimeType) ?? mimeTypeOf(name),
        bytes: got.bytes.toBase64(),
      },
    };
  }

  /** A part of the reply: a file that it points to on this machine is read, or named. */
  async part(part: Part): Promise<Part> {
    const given = part.kind === "file" ? part.file.uri?.trim() ?? "" : "";
    if (part.kind !== "file" || given === "" || OTHER_ADDRESS.test(given)) {
      return part;
    }
    const { uri: _, ...file } = part.file;
    // It brought its bytes along: the address is of no use to anybody else.
    if (file.bytes !== undefined) return { ...part, file };
    const { dir } = this.#options;
    const path = pathOf(given, dir) ?? "";
    const real = await realPathInside(path, dir);
    if (real !== undefined) this.taken.add(real);
    return await this.read(path, { name: nameOf(path), ...file });
  }
}

/** What was left in the outbox directory; where it cannot be read the answer goes without. */
async function left({ dir, log }: OutboundOptions): Promise<string[]> {
  try {
    return await filesBelow(dir, MAX_LISTED + 1);
  } catch (error) {
    log.warn("The files of an answer cannot be listed", {
      error: reason(error),
    });
    return [];
  }
}

/**
 * `parts` with the files that they point to, and behind them the other files of the outbox directory. Nothing in a text is
 * taken for a path.
 */
export async function withFiles(
  parts: readonly Part[],
  given: OutboundOptions,
): Promise<Part[]> {
  const paths = await left(given);
  // Nothing to look at: most answers have no file.
  if (paths.length === 0 && parts.every((part) => part.kind !== "file")) {
    return [...parts];
  }
  const dir = await realDirBelow(given.root, given.dir);
  const options = { ...given, dir };
  const collector = new Collector(options);
  const all: Part[] = [];
  for (const part of parts) all.push(await collector.part(part));
  for (const path of paths.slice(0, MAX_LISTED)) {
    const real = await realPathInside(path, dir);
    if (real === undefined || collector.taken.has(real)) continue;
    all.push(await collector.read(path));
  }
  if (paths.length > MAX_LISTED) all.push(named("further files"));
  return all;
}
