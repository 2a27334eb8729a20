/**
 * The files of each message, in a private directory of its own beside the state: `in` has what came with it, `out` takes
 * what the back end sends. What came stays for a while, for a later question about it.
 */
import { join } from "@std/path";
import { createHash } from "node:crypto";
import type { Part } from "../a2a/part.ts";
import type { BackendContext } from "../backends/backend.ts";
import { reason } from "../errors.ts";
import type { Logger } from "../log.ts";
import {
  factsIfThere,
  makeEmptyDir,
  makePrivateDir,
  removeTree,
} from "../os/files.ts";
import { Backoff } from "../retry.ts";
import type { Timing } from "../timing.ts";
import type { Acks } from "./acks.ts";
import type { FetchedFiles, InboundFiles } from "./inbound_files.ts";
import { KeptFiles } from "./kept_files.ts";
import { withFiles } from "./outbound_files.ts";
import { type WantedFile, wantedFiles } from "./wanted_files.ts";

/** What keeping the files of messages needs. */
export interface TurnFilesOptions {
  readonly workspaceId: string;
  /** Directory of all of them. */
  readonly root: string;
  /** Whether the back end takes files, asked for each run: some know it late. Otherwise none is fetched. */
  readonly accepts: () => boolean;
  readonly inbound: InboundFiles;
  readonly acks: Acks;
  readonly timing: Timing;
  readonly log: Logger;
  /** Repeats a write until the disk takes it. */
  readonly untilWritten: (write: () => Promise<void>) => Promise<void>;
  /** Ids of the messages whose turns began and have not ended. */
  readonly unfinished: () => Iterable<string>;
  /** Whether the platform is in its senses: while it is not, a file is waited for. */
  readonly feedIsGood: () => boolean;
}

/** A message, as far as its files are concerned. */
export interface FilesOf {
  /** What the message, or its retry, is known by. */
  readonly id: string;
  readonly message: { readonly parts: readonly Part[] };
}

/** What a turn is given. */
export type GivenFiles = Pick<
  BackendContext,
  "files" | "unavailableFiles" | "outboxDir"
>;

/** A file of a message cannot be fetched now; the message is to be handled later. */
export class FilesNotYet extends Error {
  /** The class's name. */
  override readonly name = "FilesNotYet";

  /** `afterMs` is how long to wait. */
  constructor(readonly afterMs: number) {
    super("a file of the message cannot be fetched now");
  }
}

/** A message whose files this process had to do with, and that is not over. */
interface Open {
  /** What its present run is to be given. */
  wanted: readonly WantedFile[];
  uploads: readonly string[];
  /** When fetching first failed, by `performance.now()`. */
  failingSince: number | undefined;
  readonly backoff: Backoff;
}

/** The name of a message's directory; an id may be any text. */
function digest(id: string): string {
  return createHash("sha256").update(id).digest("hex").slice(0, 24);
}

/** Keeps the files of messages. */
export class TurnFiles {
  readonly #options: TurnFilesOptions;
  readonly #kept: KeptFiles;
  #open = new Map<string, Open>();

  /** Nothing is kept yet. */
  constructor(options: TurnFilesOptions) {
    this.#options = options;
    const { root, timing, log, unfinished } = options;
    const inUse = () =>
      new Set([...this.#open.keys(), ...unfinished()].map(digest));
    this.#kept = new KeptFiles({ root, timing, log, inUse });
  }

  #dirs({ id }: FilesOf) {
    const dir = join(this.#options.root, digest(id));
    return { dir, in: join(dir, "in"), out: join(dir, "out") };
  }

  /** Makes the directories for a run; what an earlier run of the message left to be sent is gone. */
  async prepare(of: FilesOf): Promise<void> {
    const { untilWritten, accepts, workspaceId } = this.#options;
    const wanted = accepts() ? wantedFiles(of.message.parts, workspaceId) : [];
    this.#opened(of).wanted = wanted;
    this.#kept.take(digest(of.id));
    const dirs = this.#dirs(of);
    await untilWritten(async () => {
      await makeEmptyDir(dirs.out);
      if (wanted.length > 0) await makePrivateDir(dirs.in);
    });
  }

  #opened({ id }: FilesOf): Open {
    const before = this.#open.get(id);
    if (before !== undefined) return before;
    const { backoffBaseMs, backoffCapMs } = this.#options.timing;
    const opened: Open = {
      wanted: [],
      uploads: [],
      failingSince: undefined,
      backoff: new Backoff(backoffBaseMs, backoffCapMs),
    };
    this.#open.set(id, opened);
    return opened;
  }

  /**
   * Fetches the files of a message; after `prepare()`.
   *
   * @throws {FilesNotYet} if one cannot be fetched now, and may be later.
   * @throws the signal's reason if it aborts.
   */
  async fetch(of: FilesOf, signal: AbortSignal): Promise<GivenFiles> {
    const { inbound } = this.#options;
    const dirs = this.#dirs(of);
    const outboxDir = dirs.out;
    const { wanted } = this.#open.get(of.id)!;
    const began = performance.now();
    const got = await inbound.fetch(wanted, dirs.in, dirs.dir, signal);
    this.#waitFor(of, got, began);
    this.#open.get(of.id)!.uploads = got.uploads;
    const given = got.notYet.map(({ file }) => file);
    const unavailableFiles = [...got.unavailable, ...given];
    return { files: got.files, unavailableFiles, outboxDir };
  }

  /** Throws while what could not be fetched is worth another try; `began` is when this look at it did. */
  #waitFor(of: FilesOf, { notYet }: FetchedFiles, began: number): void {
    const [first] = notYet;
    if (first === undefined) return;
    const { timing, log, feedIsGood } = this.#options;
    const open = this.#open.get(of.id)!;
    const told = { file: first.file.name, reason: reason(first.error) };
    const isFirst = open.failingSince === undefined;
    if (!feedIsGood()) open.failingSince = performance.now();
    open.failingSince ??= began;
    if (performance.now() - open.failingSince > timing.filePatienceMs) {
      log.warn(
        "A file of a message cannot be fetched; it is handled without it",
        told,
      );
      return;
    }
    if (isFirst) {
      log.warn("A file of a message cannot be fetched yet; trying on", told);
    }
    throw new FilesNotYet(open.backoff.next());
  }

  /** The parts of an answer, with the files that the run left to be sent. */
  async attach(
    of: FilesOf,
    parts: readonly Part[],
    maxBytes: number,
  ): Promise<readonly Part[]> {
    const { log } = this.#options;
    return await withFiles(parts, {
      ...{ root: this.#options.root, dir: this.#dirs(of).out },
      ...{ maxBytes, log },
    });
  }

  /** The message was answered, and the answer is saved. */
  async answered(of: FilesOf): Promise<void> {
    this.#options.acks.add(this.#open.get(of.id)?.uploads ?? []);
    await this.over(of);
  }

  /** The message is over. What it brought stays for a while; where it brought nothing, nothing stays. */
  async over(of: FilesOf): Promise<void> {
    this.#open.delete(of.id);
    const { dir, in: inDir, out } = this.#dirs(of);
    try {
      const isEmpty = await factsIfThere(inDir) === undefined;
      await removeTree(isEmpty ? dir : out);
      if (!isEmpty) await this.#kept.add(digest(of.id));
    } catch (error) {
      // The next look at old ones finds it.
      this.#options.log.warn("Old files of messages cannot be removed", {
        error: reason(error),
      });
    }
  }

  /** Removes old files now and then, until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#kept.run(signal);
  }
}
