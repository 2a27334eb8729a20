/**
 * Hands saved answers to the platform until it takes them: first in, first out per recipient and conversation. An
 * answer that waits holds back later ones there, and nothing else.
 */
import { delay } from "@std/async/delay";
import { textOf } from "../a2a/message.ts";
import type { Part } from "../a2a/part.ts";
import type { ConnectEvent } from "../connection.ts";
import { reason } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { PlatformClient } from "../platform/client.ts";
import { Backoff } from "../retry.ts";
import type { StatePaths } from "../state/paths.ts";
import type { OutboxEntry } from "../state/state.ts";
import type { Timing } from "../timing.ts";
import { type Outcome, tryA2a, tryNotify } from "./attempt.ts";
import { saveDeadLetter } from "./dead_letters.ts";
import type { EchoSearch } from "./echo.ts";
import type { Journal } from "./journal.ts";
import type { PeerModes } from "./peer_modes.ts";

/** How often an answer is tried that is refused in a way which may pass, or that a busy peer puts off. */
const FEW_TRIES = 5;

/** What an outbox needs. */
export interface OutboxOptions {
  readonly workspaceId: string;
  readonly client: PlatformClient;
  readonly journal: Journal;
  readonly paths: StatePaths;
  readonly modes: PeerModes;
  readonly echoes: EchoSearch;
  readonly timing: Timing;
  readonly log: Logger;
  readonly emit: (event: ConnectEvent) => void;
  /** Whether the feed reads well: a refusal only counts while the platform is in its senses. */
  readonly feedIsGood: () => boolean;
  /** Ends every wait; a request that runs goes on. */
  readonly stop: AbortSignal;
  /** Ends requests too. */
  readonly cut: AbortSignal;
  /** Told what is a bug. */
  readonly onFatal: (error: unknown) => void;
}

/** How one answer has fared since this process began. */
interface Course {
  readonly backoff: Backoff;
  few: number;
  /** Not before this time (ms since 1970): the other side asked for it. */
  notBefore: number;
}

type Verdict = "removed" | { readonly afterMs: number; readonly why: string };

/** Sends what is in the outbox. */
export class Outbox {
  readonly #options: OutboxOptions;
  #workers = new Map<string, Promise<void>>();
  #courses = new Map<string, Course>();
  #waiting = new Set<string>();

  /** Sends nothing before the first `kick()`. */
  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Whether every answer in the outbox was tried at least once and waits for another try. */
  get isQuiet(): boolean {
    return [...this.#options.journal.outbox.keys()].every((id) =>
      this.#waiting.has(id)
    );
  }

  #saved(): OutboxEntry[] {
    const { journal } = this.#options;
    return [...journal.outbox.values()].filter((entry) =>
      journal.isSaved(entry)
    );
  }

  /** There is something new: each recipient and conversation that has something gets a worker. */
  kick(): void {
    for (const entry of this.#saved()) {
      if (this.#options.stop.aborted || this.#workers.has(entry.lane)) {
        continue;
      }
      const worker = this.#work(entry.lane).catch((error) => {
        if (!this.#options.cut.aborted) this.#options.onFatal(error);
      }).finally(() => {
        this.#workers.delete(entry.lane);
        if (this.#first(entry.lane) !== undefined) this.kick(); // it came while the worker ended
      });
      this.#workers.set(entry.lane, worker);
    }
  }

  /** Resolves when every worker ended; after `stop` aborted. */
  async ended(): Promise<void> {
    while (this.#workers.size > 0) await Promise.all(this.#workers.values());
  }

  /**
   * One try for each answer, at a stop, after `ended()`; not for one whose outcome is unknown or that was asked to come
   * later. What is left stays saved.
   */
  async lastTry(): Promise<void> {
    const { journal, cut } = this.#options;
    const lanes = Map.groupBy(journal.outbox.values(), (entry) => entry.lane);
    const tries = [...lanes.values()].map(async (entries) => {
      for (const entry of entries) {
        if (
          cut.aborted || entry.unsure !== undefined ||
          this.#course(entry).notBefore > Date.now()
        ) return;
        if (await this.#try(entry) !== "removed") return; // later ones must not overtake it
      }
    });
    await Promise.all(tries).catch((error) => {
      if (!cut.aborted) throw error;
    });
  }

  #first(lane: string): OutboxEntry | undefined {
    return this.#saved().find((entry) => entry.lane === lane);
  }

  async #work(lane: string): Promise<void> {
    const { stop, log } = this.#options;
    while (!stop.aborted) {
      const entry = this.#first(lane);
      if (entry === undefined) return;
      const verdict = await this.#try(entry);
      if (verdict === "removed") continue;
      log.warn("An answer waits for another try", {
        row: entry.row,
        seconds: Math.round(verdict.afterMs / 1_000),
        reason: verdict.why,
      });
      this.#waiting.add(entry.id);
      await delay(verdict.afterMs, { signal: stop }).catch(() => {}); // aborted
    }
  }

  async #try(entry: OutboxEntry): Promise<Verdict> {
    let parts: readonly Part[];
    try {
      parts = await this.#options.journal.replyParts(entry);
    } catch (error) {
      return await this.#bury(entry, reason(error), undefined);
    }
    if (entry.unsure !== undefined) {
      const settled = await this.#settleUnsure(entry, parts);
      if (settled !== "repeat") return settled;
    }
    const outcome = await this.#send(entry, parts);
    return await this.#judge(this.#current(entry), outcome, parts);
  }

  /** An entry is replaced when something about it is saved: this is how it stands now. */
  #current(entry: OutboxEntry): OutboxEntry {
    return this.#options.journal.outbox.get(entry.id) ?? entry;
  }

  #replace(entry: OutboxEntry): OutboxEntry {
    this.#options.journal.outbox.set(entry.id, entry);
    return entry;
  }

  /** What may only be done once is marked before it is done, so that a crash in between does not repeat it blindly. */
  async #send(
    entry: OutboxEntry,
    parts: readonly Part[],
  ): Promise<Outcome> {
    const { client, journal, modes, cut } = this.#options;
    const toPerson = entry.steps[0] === "notify";
    const tried = { ...entry, tries: entry.tries + 1 };
    if (toPerson || !modes.isKnownToPoll(entry.peer)) {
      this.#replace({
        ...tried,
        unsure: { cursor: journal.cursor.settled?.id ?? "", began: Date.now() },
      });
      await journal.commit();
    } else {
      this.#replace(tried);
    }
    return toPerson
      ? await tryNotify(client, parts, cut)
      : await tryA2a(client, entry, parts, cut);
  }

  async #judge(
    entry: OutboxEntry,
    outcome: Outcome,
    parts: readonly Part[],
  ): Promise<Verdict> {
    const { modes, timing, feedIsGood, echoes } = this.#options;
    const course = this.#course(entry);
    const { unsure, ...sure } = entry;
    switch (outcome.is) {
      case "delivered":
        if (outcome.polls !== undefined) modes.learn(entry.peer, outcome.polls);
        if (entry.steps[0] === "notify") echoes.sent(textOf(parts));
        return await this.#delivered(entry, true);
      case "dead":
        return await this.#bury(entry, outcome.why, parts);
      case "unknown": {
        const ended = this.#replace({
          ...entry,
          unsure: {
            cursor: unsure?.cursor ?? "",
            began: unsure?.began ?? Date.now(),
            ended: Date.now(),
          },
        });
        const settled = await this.#settleUnsure(ended, parts);
        if (settled !== "repeat") return settled;
        break;
      }
      case "refused":
        this.#replace(sure);
        if (feedIsGood() && ++course.few >= FEW_TRIES) {
          return await this.#bury(sure, outcome.why, parts);
        }
        return {
          afterMs: timing.refusedReplyMs / (FEW_TRIES - 1),
          why: outcome.why,
        };
      case "busy":
        this.#replace(sure);
        if (
          entry.peer !== "" && !modes.isKnownToPoll(entry.peer) &&
          ++course.few >= FEW_TRIES
        ) {
          return await this.#bury(sure, outcome.why, parts);
        }
        break;
      case "not sent":
        this.#replace(sure);
    }
    if (Date.now() - entry.saved > timing.replyLifeMs) {
      return await this.#bury(entry, outcome.why, parts);
    }
    if (outcome.afterMs !== undefined) {
      course.notBefore = Date.now() + outcome.afterMs;
    }
    return { afterMs: course.backoff.next(outcome.afterMs), why: outcome.why };
  }

  /** Finds out whether an attempt of unknown outcome arrived, or may be repeated without harm. */
  async #settleUnsure(
    entry: OutboxEntry,
    parts: readonly Part[],
  ): Promise<Verdict | "repeat"> {
    const { modes, echoes, timing, cut } = this.#options;
    const course = this.#course(entry);
    const { unsure, ...sure } = entry;
    if (unsure === undefined) return "repeat";
    if (entry.steps[0] === "notify") {
      const leftMs = (unsure.ended ?? unsure.began) + timing.echoAfterMs -
        Date.now();
      if (leftMs > 0) {
        return {
          afterMs: leftMs,
          why: "looking for the bubble before it is sent again",
        };
      }
      const found = await echoes.find(textOf(parts), unsure, cut);
      if (found === "yes") return await this.#delivered(entry, true);
      if (found === "cannot tell") {
        return {
          afterMs: course.backoff.next(),
          why: "cannot tell yet whether the bubble is there",
        };
      }
    } else {
      const mode = await modes.ask(entry.peer, cut);
      if (mode === "may push") return await this.#delivered(entry, false);
      if (mode === "unanswered") {
        return {
          afterMs: course.backoff.next(),
          why: "cannot tell yet whether a repeat would be a second message",
        };
      }
    }
    this.#replace(sure);
    return "repeat";
  }

  #course(entry: OutboxEntry): Course {
    const { backoffBaseMs, backoffCapMs } = this.#options.timing;
    const course = this.#courses.get(entry.id) ??
      {
        backoff: new Backoff(backoffBaseMs, backoffCapMs),
        few: 0,
        notBefore: 0,
      };
    this.#courses.set(entry.id, course);
    return course;
  }

  async #delivered(entry: OutboxEntry, certain: boolean): Promise<Verdict> {
    const { log, emit } = this.#options;
    if (!certain) {
      log.warn(
        "Whether an answer arrived is unknown; a repeat could be a second message, so there is none",
        {
          row: entry.row,
          peer: entry.peer,
        },
      );
    }
    await this.#remove(entry);
    emit({ type: "delivered", ...who(entry), certain });
    return "removed";
  }

  async #bury(
    entry: OutboxEntry,
    why: string,
    parts: readonly Part[] | undefined,
  ): Promise<Verdict> {
    const { journal, paths, workspaceId, log, emit } = this.#options;
    await journal.untilWritten(() =>
      saveDeadLetter(paths.dead, {
        kind: "reply",
        workspace_id: workspaceId,
        row: entry.row,
        retry: 0,
        caller_id: entry.peer,
        reason: why,
        attempts: entry.tries,
        failed_at: new Date().toISOString(),
        payload: { ...entry, parts: parts ?? null },
      })
    );
    await this.#remove(entry);
    log.error("An answer was given up and stands in the dead letters", {
      row: entry.row,
      reason: why,
    });
    emit({ type: "dead_letter", ...who(entry), reason: why });
    return "removed";
  }

  async #remove(entry: OutboxEntry): Promise<void> {
    this.#options.journal.removeReply(entry);
    this.#courses.delete(entry.id);
    this.#waiting.delete(entry.id);
    await this.#options.journal.commit();
  }
}

function who(entry: OutboxEntry) {
  return { activityId: entry.row, origin: entry.origin, callerId: entry.peer };
}
