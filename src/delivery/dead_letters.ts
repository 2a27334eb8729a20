/**
 * The dead letters of one workspace, one file each. The files are not the connector's state: whoever looks at them,
 * removes them or moves them to be tried again disturbs nothing. There is a bound to them; beyond it the oldest go.
 */
import { join } from "@std/path";
import { reason } from "../errors.ts";
import type { LogFields, Logger } from "../log.ts";
import {
  factsIfThere,
  listFiles,
  makePrivateDir,
  moveFile,
  removeIfThere,
  replaceFile,
} from "../os/files.ts";
import { isDefaultStateDir, type StatePaths } from "../state/paths.ts";
import { shortId } from "../short_id.ts";
import {
  type DeadLetter,
  letterId,
  type LetterName,
  letterText,
  withoutPayload,
} from "./dead_letter.ts";

/** How much is kept. */
export interface DeadLetterBounds {
  /** Most letters. */
  readonly letters: number;
  /** Most bytes of all letters together. */
  readonly bytes: number;
}

/** What is kept of one workspace. */
export const DEAD_LETTER_BOUNDS: DeadLetterBounds = Object.freeze({
  letters: 1_000,
  bytes: 256 * 1024 * 1024,
});

/** What dead letters need. */
export interface DeadLettersOptions {
  readonly workspaceId: string;
  readonly paths: Pick<StatePaths, "dir" | "dead" | "retry">;
  readonly log: Logger;
  readonly bounds?: DeadLetterBounds;
}

/** A dead letter of now that was not retried before; `why` says more about it. */
export function deadLetter(
  kind: DeadLetter["kind"],
  workspaceId: string,
  row: string,
  why:
    & Pick<DeadLetter, "caller_id" | "reason" | "attempts" | "payload">
    & Partial<Pick<DeadLetter, "retry" | "message_id" | "payload_missing">>,
): DeadLetter {
  return {
    kind,
    workspace_id: workspaceId,
    row,
    retry: 0,
    message_id: "",
    ...why,
    failed_at: new Date().toISOString(),
  };
}

/** Names of the letters among the files in `dir`; half-written ones are none. */
export async function letterFiles(dir: string): Promise<string[]> {
  return (await listFiles(dir)).filter((name) => name.endsWith(".json"));
}

/** What to type to see a letter. */
function showCommand(dir: string, workspaceId: string, id: string): string {
  const where = isDefaultStateDir(dir)
    ? ""
    : ` --state-dir ${/^[\w./-]+$/.test(dir) ? dir : JSON.stringify(dir)}`;
  return `molecule dlq show ${workspaceId} ${shortId(id)}${where}`;
}

/** Keeps the dead letters of one workspace. */
export class DeadLetters {
  readonly #options: DeadLettersOptions;
  readonly #bounds: DeadLetterBounds;
  /** The size of each file, the oldest first; undefined before the first look. Others may have removed some since. */
  #sizes: Map<string, number> | undefined;
  #last: Promise<void> = Promise.resolve();

  /** Reads nothing yet. */
  constructor(options: DeadLettersOptions) {
    this.#options = options;
    this.#bounds = options.bounds ?? DEAD_LETTER_BOUNDS;
  }

  /** Writes `letter`, durably; the same one twice is one file. Then makes room where the bounds are passed. */
  save(letter: DeadLetter): Promise<void> {
    return this.#inTurn(async () => {
      const { dead } = this.#options.paths;
      await makePrivateDir(dead);
      const name = `${letterId(letter)}.json`;
      const text = this.#bounded(letter);
      await replaceFile(join(dead, name), text);
      await this.#added(name);
    });
  }

  /** Takes a file out of the letters that are to be tried again, as it is. Returns the name that it has now. */
  async takeBack(name: string): Promise<string> {
    const { dead, retry } = this.#options.paths;
    await makePrivateDir(dead);
    // Nobody knows what is in it: it must not take the place of a letter that is whole.
    const isTaken = await factsIfThere(join(dead, name)) !== undefined;
    const free = isTaken ? `${crypto.randomUUID()}.json` : name;
    await moveFile(join(retry, name), join(dead, free));
    await this.#inTurn(() => this.#added(free));
    return free;
  }

  /** Whether a letter stands here, or waits to be tried again. */
  async has(letter: LetterName): Promise<boolean> {
    const { dead, retry } = this.#options.paths;
    const name = `${letterId(letter)}.json`;
    return await factsIfThere(join(dead, name)) !== undefined ||
      await factsIfThere(join(retry, name)) !== undefined;
  }

  /** The letter, and how to look at it, for a log line. */
  where(letter: LetterName): LogFields {
    const { workspaceId, paths } = this.#options;
    const id = letterId(letter);
    return {
      letter: shortId(id),
      show: showCommand(paths.dir, workspaceId, id),
    };
  }

  /** Two at once would make room twice. */
  #inTurn(run: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(run);
    this.#last = turn.catch(() => {}); // its own caller is told
    return turn;
  }

  /** The letter's text; a payload that alone is more than all letters may be is left out. */
  #bounded(letter: DeadLetter): string {
    const text = letterText(letter);
    const most = this.#bounds.bytes;
    if (new TextEncoder().encode(text).length <= most) return text;
    return letterText(
      withoutPayload(letter, `it is larger than ${most} bytes`),
    );
  }

  /** Counts a file that was added. What goes wrong here is told: the letter itself is safe. */
  async #added(name: string): Promise<void> {
    const { log, paths } = this.#options;
    try {
      if (this.#sizes === undefined) {
        await this.#count();
      } else {
        const facts = await factsIfThere(join(paths.dead, name));
        this.#sizes.delete(name);
        if (facts !== undefined) this.#sizes.set(name, facts.bytes);
      }
      if (!this.#isOver()) return;
      await this.#count();
      await this.#makeRoom();
    } catch (error) {
      log.error("Cannot keep the dead letters within their bounds", {
        directory: paths.dead,
        error: reason(error),
      });
    }
  }

  #isOver(): boolean {
    const { letters, bytes } = this.#bounds;
    const sizes = this.#sizes!;
    return sizes.size > letters ||
      sizes.values().reduce((sum, size) => sum + size, 0) > bytes;
  }

  /** Looks what is there. Files that are known already are not looked at again. */
  async #count(): Promise<void> {
    const { dead } = this.#options.paths;
    const known = this.#sizes ?? new Map<string, number>();
    const names = new Set(await letterFiles(dead));
    for (const name of known.keys()) {
      if (!names.has(name)) known.delete(name);
    }
    const found: { name: string; bytes: number; at: number }[] = [];
    for (const name of names) {
      if (known.has(name)) continue;
      const facts = await factsIfThere(join(dead, name));
      if (facts === undefined) continue;
      const { bytes, changedAtMs: at = 0 } = facts;
      found.push({ name, bytes, at });
    }
    found.sort((a, b) => a.at - b.at);
    for (const { name, bytes } of found) known.set(name, bytes);
    this.#sizes = known;
  }

  /** Removes the oldest letters until the others are within the bounds. */
  async #makeRoom(): Promise<void> {
    const { log, paths } = this.#options;
    let removed = 0;
    while (this.#isOver() && this.#sizes!.size > 1) {
      const [oldest] = this.#sizes!.keys();
      await removeIfThere(join(paths.dead, oldest!));
      this.#sizes!.delete(oldest!);
      removed++;
    }
    if (removed === 0) return; // somebody else made room
    log.error("There are too many dead letters: the oldest were removed", {
      removed,
      kept: this.#sizes!.size,
      directory: paths.dead,
    });
  }
}
