/**
 * Takes in the dead letters that an operator wants tried again: their files stand in a directory of their own. A
 * letter's file is the only copy of its payload, so it goes only after the save that makes it needless.
 */
import { delay } from "@std/async/delay";
import { join } from "@std/path";
import type { ConnectEvent } from "../connection.ts";
import { reached } from "../crash_points.ts";
import { reason } from "../errors.ts";
import type { OwnIds } from "../feed/classify.ts";
import type { Logger } from "../log.ts";
import {
  factsIfThere,
  moveFile,
  readIfThere,
  removeDurably,
} from "../os/files.ts";
import { shortId } from "../short_id.ts";
import { isOfDisk, type Journal } from "../state/journal.ts";
import type { OutboxEntry } from "../state/state.ts";
import type { StatePaths } from "../state/paths.ts";
import { type DeadLetter, letterId, readLetter } from "./dead_letter.ts";
import { type DeadLetters, letterFiles } from "./dead_letters.ts";
import { type Delivery, who } from "./delivery.ts";
import { recipientOf } from "./recipient.ts";
import { originOf } from "./channel.ts";
import { secondTry } from "./second_try.ts";

/** So many retried messages wait or run at once; the files of the others are safe where they are. */
const MAX_MESSAGES = 10;
/** While so many answers wait for one recipient, no retried one joins them. */
const MAX_ANSWERS = 10;

/** The queue of all messages; answers have one for each recipient. */
const MESSAGES = "messages";

/** What retries need. */
export interface RetriesOptions {
  readonly own: OwnIds;
  readonly journal: Journal;
  readonly deadLetters: DeadLetters;
  readonly paths: StatePaths;
  /** How often it is looked for new ones, in milliseconds. */
  readonly everyMs: number;
  readonly log: Logger;
  readonly emit: (event: ConnectEvent) => void;
  /** Whether no more messages can wait. */
  readonly isFull: () => boolean;
  /** Takes a message to be handled. */
  readonly dispatch: (delivery: Delivery) => void;
  /** There is something new in the outbox. */
  readonly replySaved: () => void;
}

/** What is remembered of a file, so that it need not be read at every look. */
interface Head {
  readonly id: string;
  readonly kind: DeadLetter["kind"];
  /** Who gets the answer. */
  readonly recipient: string;
}

/** Tries dead letters again. */
export class Retries {
  readonly #options: RetriesOptions;
  #heads = new Map<string, Head>();
  /** When each file was written, which is the order in which they are taken in. */
  #writtenAt = new Map<string, number>();
  /** Letters whose messages wait or run. */
  #underWay = new Set<string>();
  /** Files that could not be dealt with, and were told. */
  #told = new Set<string>();
  #isQuiet = false;
  /** How often there was something for the next look to do. */
  #changes = 0;
  #wake = new AbortController();

  /** Looks at nothing yet. */
  constructor(options: RetriesOptions) {
    this.#options = options;
  }

  /** Whether all that was to be tried again was tried, but for answers to someone for whom many wait already. */
  get isQuiet(): boolean {
    return this.#isQuiet;
  }

  /** Looks for letters until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const changes = this.#changes;
      await this.#look(signal);
      if (changes !== this.#changes) continue;
      const until = AbortSignal.any([signal, this.#wake.signal]);
      await delay(this.#options.everyMs, { signal: until }).catch(() => {}); // woken, or aborted
    }
  }

  /** A retried message was answered or given up. Counts with the next commit. */
  finished(letter: string): void {
    this.#options.journal.retried.add(letter);
    this.#underWay.delete(letter);
    this.#lookAgain();
  }

  #lookAgain(): void {
    this.#isQuiet = false;
    this.#changes++;
    this.#wake.abort();
    this.#wake = new AbortController();
  }

  /** Removes, at a stop, the files of what came to its end since the last look. */
  async tidy(): Promise<void> {
    for (const [name, { id }] of [...this.#heads]) {
      if (!this.#options.journal.retried.has(id)) continue;
      await this.#unlessDiskFails(name, () => this.#remove(name, id));
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { journal } = this.#options;
    const changes = this.#changes;
    // Their files, where there are any, are among those that are dealt with now.
    const over = [...journal.retried];
    const waiting = new Set<string>();
    const names = await this.#unlessDiskFails("", () => this.#names()) ?? [];
    let failed = 0;
    for (const name of names) {
      if (signal.aborted) return;
      const done = await this.#unlessDiskFails(name, async () => {
        await this.#consider(name, waiting);
        return true;
      });
      if (done === undefined) failed++;
    }
    if (failed === 0 && !this.#told.has(this.#path(""))) {
      await this.#forget(over);
    }
    this.#isQuiet = !waiting.has(MESSAGES) && this.#underWay.size === 0 &&
      changes === this.#changes;
  }

  /** The letters there are, in the order in which they were given up. */
  async #names(): Promise<string[]> {
    const { retry } = this.#options.paths;
    const names = await letterFiles(retry);
    const written = new Map<string, number>();
    for (const name of names) {
      const at = this.#writtenAt.get(name) ??
        (await factsIfThere(this.#path(name)))?.changedAtMs ?? 0;
      written.set(name, at);
    }
    this.#writtenAt = written;
    for (const name of this.#heads.keys()) {
      if (!written.has(name)) this.#heads.delete(name);
    }
    return names.sort((a, b) => written.get(a)! - written.get(b)!);
  }

  /** Does what can be done for one file now. `waiting` has the queues in which one waits: no later one overtakes it. */
  async #consider(name: string, waiting: Set<string>): Promise<void> {
    let letter: DeadLetter | undefined;
    if (!this.#heads.has(name)) letter = await this.#read(name);
    const head = this.#heads.get(name);
    if (head === undefined) return; // gone, or no letter
    if (this.#options.journal.retried.has(head.id)) {
      await this.#remove(name, head.id);
      return;
    }
    if (this.#underWay.has(head.id)) return;
    const queue = head.kind === "message"
      ? MESSAGES
      : `answers ${head.recipient}`;
    if (waiting.has(queue) || !this.#hasRoom(head)) {
      waiting.add(queue);
      return;
    }
    letter ??= await this.#read(name);
    if (letter !== undefined) await this.#takeIn(name, letter);
  }

  #hasRoom({ kind, recipient }: Head): boolean {
    const { journal, isFull } = this.#options;
    if (kind === "message") {
      return this.#underWay.size < MAX_MESSAGES && !isFull();
    }
    const same = journal.outbox.values().filter((entry) =>
      recipientOf(entry) === recipient
    );
    return [...same].length < MAX_ANSWERS;
  }

  #path(name: string): string {
    return join(this.#options.paths.retry, name);
  }

  /** Reads a letter; one that is damaged goes back to where it came from, loudly. */
  async #read(name: string): Promise<DeadLetter | undefined> {
    const { own } = this.#options;
    let text: string | undefined;
    try {
      text = await readIfThere(this.#path(name));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      await this.#putBack(name, "it is no UTF-8");
    }
    if (text === undefined) return undefined;
    const read = readLetter(text, own.workspaceId);
    if ("damage" in read) {
      await this.#putBack(name, read.damage);
      return undefined;
    }
    const { letter } = read;
    const { kind, caller_id: peer, payload } = letter;
    const id = letterId(letter);
    if (name !== `${id}.json`) {
      // Two names for one letter would be two tries of it.
      await moveFile(this.#path(name), this.#path(`${id}.json`));
      this.#lookAgain();
      return undefined;
    }
    const { channel } = Object(payload) as Partial<OutboxEntry>;
    const recipient = kind === "reply" && typeof channel === "string"
      ? recipientOf({ peer, channel })
      : peer;
    this.#heads.set(name, { id, kind, recipient });
    return letter;
  }

  async #putBack(name: string, damage: string): Promise<void> {
    const { deadLetters, paths, log, emit } = this.#options;
    const movedTo = join(paths.dead, await deadLetters.takeBack(name));
    log.error(
      "A dead letter that was to be tried again is damaged; it was put back",
      { file: movedTo, damage },
    );
    const why = `A dead letter is damaged: ${damage}`;
    emit({ type: "state_damaged", movedTo, reason: why });
  }

  async #takeIn(name: string, letter: DeadLetter): Promise<void> {
    const { own, journal, emit, dispatch, replySaved } = this.#options;
    const bytes = (await factsIfThere(this.#path(name)))?.bytes ?? 0;
    const made = secondTry(letter, own, bytes);
    const given = { letter: letterId(letter), retry: letter.retry + 1 };
    if (made.is === "nothing") {
      await this.#refuse(name, letter, made.why);
    } else if (made.is === "message") {
      this.#underWay.add(given.letter);
      emit({ type: "retried", ...who(made.delivery), ...given });
      dispatch(made.delivery);
      reached("retry taken in");
    } else {
      const { row: activityId, origin, peer: callerId } = made.entry;
      journal.addReply(made.entry, made.parts);
      journal.retried.add(given.letter);
      emit({ type: "retried", activityId, origin, callerId, ...given });
      reached("retry taken in");
      await journal.commit();
      replySaved();
      await this.#remove(name, given.letter);
    }
  }

  /** A letter that cannot be tried goes back to the others with the reason. */
  async #refuse(
    name: string,
    letter: DeadLetter,
    why: string,
  ): Promise<void> {
    const { journal, deadLetters, log, emit } = this.#options;
    const refusal = `it cannot be tried again: ${why}`;
    const told = letter.reason.startsWith(refusal)
      ? letter.reason
      : `${refusal}; before that: ${letter.reason}`;
    await journal.untilWritten(() =>
      deadLetters.save({
        ...letter,
        reason: told,
        failed_at: new Date().toISOString(),
      })
    );
    await removeDurably(this.#path(name));
    this.#heads.delete(name);
    const { row, caller_id: callerId } = letter;
    log.error("A dead letter cannot be tried again and was put back", {
      row: shortId(row),
      reason: why,
      ...deadLetters.where(letter),
    });
    emit({
      type: "dead_letter",
      ...{ activityId: row, origin: originOf(letter) },
      ...{ callerId, reason: told, letter: letterId(letter) },
    });
  }

  /** What the letter's try came to is in the state: once that is saved, the file is needless. */
  async #remove(name: string, id: string): Promise<void> {
    const { journal } = this.#options;
    await journal.commit();
    reached("retry saved");
    await removeDurably(this.#path(name));
    reached("retry file removed");
    this.#heads.delete(name);
    await this.#forget([id]);
  }

  /** The files of these letters are gone, and so need not be remembered. */
  async #forget(ids: readonly string[]): Promise<void> {
    const { journal } = this.#options;
    const known = ids.filter((id) => journal.retried.delete(id));
    if (known.length === 0) return;
    await journal.commit();
    reached("retry forgotten");
  }

  /** What one file's disk does must hold up no other one. It is told once, and tried again at every look. */
  async #unlessDiskFails<T>(
    name: string,
    run: () => Promise<T>,
  ): Promise<T | undefined> {
    const path = this.#path(name);
    try {
      const done = await run();
      this.#told.delete(path);
      return done;
    } catch (error) {
      if (!isOfDisk(error)) throw error;
      if (!this.#told.has(path)) {
        this.#options.log.error(
          "A dead letter that is to be tried again cannot be dealt with; trying on",
          { path, error: reason(error) },
        );
      }
      this.#told.add(path);
      return undefined;
    }
  }
}
