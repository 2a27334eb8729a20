/** One try to get one answer where it belongs, and what is kept of it. When it is tried is the outbox's business. */
import { reached } from "../crash_points.ts";
import type { Part } from "../a2a/part.ts";
import { reason } from "../errors.ts";
import type { UploadedFile } from "../platform/wire.ts";
import { shortId } from "../short_id.ts";
import type { OutboxEntry } from "../state/state.ts";
import type { Outcome } from "./attempt.ts";
import { lostReply, withoutFiles } from "./bubble_entries.ts";
import { buried } from "./buried.ts";
import { Courses } from "./courses.ts";
import type { PostingOptions } from "./posting_options.ts";
import { DamagedReplyError } from "../state/journal.ts";
import type { Route, Settled, Unsure } from "./route.ts";

/** How often an answer is tried that is refused in a way which may pass, or that a busy peer puts off. */
const FEW_TRIES = 5;
/** How often files are tried, about two minutes long, before their answer is shown without them. */
const UPLOAD_TRIES = 12;

/** What is to be done next: nothing, the next step of the same answer, or another try after a while. */
export type Verdict = "removed" | "next step" | {
  readonly afterMs: number;
  readonly why: string;
  /** It waits for nothing but its turn: nobody failed to take it. */
  readonly inTurn?: true;
};

/** Posts answers, one try at a time. */
export class Posting {
  readonly #options: PostingOptions;
  readonly #courses: Courses;
  #withFiles: Promise<unknown> = Promise.resolve();

  /** Makes no request. */
  constructor(options: PostingOptions) {
    this.#options = options;
    this.#courses = new Courses(options.timing);
  }

  /** Whether a last try at a stop makes sense: its outcome is not open, and nobody asked to come later. */
  mayTryLast(entry: OutboxEntry): boolean {
    return entry.unsure === undefined &&
      this.#courses.of(entry).notBefore <= performance.now();
  }

  /** Takes note, at a start, of what the process before this one was doing. */
  async remember(): Promise<void> {
    const { journal, routes } = this.#options;
    for (const entry of journal.outbox.values()) {
      const [step] = entry.steps;
      if (entry.unsure === undefined || step === undefined) continue;
      const parts = await journal.replyParts(entry).catch(() => undefined); // its own try tells what is wrong
      if (parts !== undefined) routes[step].remember(entry, parts);
    }
  }

  /** Tries one answer once; those with files one after the other, or all their files would stand in memory at once. */
  async try(entry: OutboxEntry): Promise<Verdict> {
    const hasFiles = entry.steps[0] === "upload" ||
      entry.uploaded !== undefined;
    if (!hasFiles) return await this.#try(entry);
    const tried = this.#withFiles.then(() => this.#try(entry));
    this.#withFiles = tried.catch(() => {}); // its own caller is told
    return await tried;
  }

  async #try(entry: OutboxEntry): Promise<Verdict> {
    const { journal, routes, timing, cut, emit } = this.#options;
    let parts: readonly Part[];
    try {
      parts = await journal.replyParts(entry);
    } catch (error) {
      if (error instanceof DamagedReplyError) {
        const why = reason(error);
        let movedTo = "";
        await journal.untilWritten(async () => {
          movedTo = await journal.setReplyAside(entry);
        });
        emit({ type: "state_damaged", movedTo, reason: why });
        return await this.#lost(entry, why);
      }
      return {
        afterMs: this.#courses.of(entry).backoff.next(),
        why: reason(error),
      };
    }
    const [step] = entry.steps;
    if (step === undefined) return await this.#remove(entry);
    const triedMs = performance.now() - this.#courses.of(entry).since;
    if (triedMs > timing.replyLifeMs) {
      return await this.#bury(
        entry,
        `not delivered within ${timing.replyLifeMs / 3_600_000} h`,
        parts,
      );
    }
    const route = routes[step];
    if (entry.unsure !== undefined) {
      const settled = await this.#settle(entry, entry.unsure, route, parts);
      if (settled !== "repeat") return settled;
    }
    if (step === "notify" && this.#isTooOld(entry.uploaded)) {
      const { unsure: _, uploaded: __, ...sure } = entry;
      this.#replace({ ...sure, steps: ["upload", ...entry.steps] });
      return "next step";
    }
    const putOffMs = this.#courses.of(entry).notBefore - performance.now();
    if (putOffMs > 0) {
      return { afterMs: putOffMs, why: "it was asked to come later" };
    }
    const waitMs = route.waitMs(entry, parts);
    if (waitMs > 0) {
      const why = "the same text was shown a moment ago";
      return { afterMs: waitMs, why, inTurn: true };
    }
    // Only what is really sent is marked: of a request that still waits everybody knows that it did not arrive.
    let tried = entry;
    const begin = async () => {
      tried = await this.#mark(entry, route);
      reached("post begun");
    };
    const outcome = await route.send(entry, parts, cut, begin);
    reached("post answered");
    return await this.#judge(tried, outcome, route, parts);
  }

  /** Whether the files of an upload may be gone before anybody looks at them. */
  #isTooOld(uploaded: OutboxEntry["uploaded"]): boolean {
    const { timing, platformNow } = this.#options;
    return uploaded !== undefined && uploaded.files.length > 0 &&
      platformNow() - uploaded.at > timing.uploadLifeMs;
  }

  #replace(entry: OutboxEntry): OutboxEntry {
    this.#options.journal.outbox.set(entry.id, entry);
    return entry;
  }

  async #mark(entry: OutboxEntry, route: Route): Promise<OutboxEntry> {
    const { journal, platformNowAtLeast } = this.#options;
    const { unsure: _, ...sure } = entry;
    const tried = { ...sure, tries: entry.tries + 1 };
    if (!route.marks(entry)) return this.#replace(tried);
    const marked = this.#replace({
      ...tried,
      unsure: {
        cursor: journal.cursor.settled?.id ?? "",
        began: platformNowAtLeast(),
      },
    });
    await journal.commit();
    reached("attempt marked");
    return marked;
  }

  async #judge(
    entry: OutboxEntry,
    outcome: Outcome,
    route: Route,
    parts: readonly Part[],
  ): Promise<Verdict> {
    const { modes, timing, feedIsGood, platformNowAtLeast, log } =
      this.#options;
    if (outcome.is === "delivered") {
      if (outcome.files === undefined) {
        return await this.#delivered(entry, route, parts, true);
      }
      reached("upload answered");
      return await this.#uploaded(entry, outcome.files);
    }
    const course = this.#courses.of(entry);
    const afterMs = "afterMs" in outcome ? outcome.afterMs : undefined;
    if (outcome.is === "unknown") {
      // Looking for its echo is a read of the feed: it has to wait as long as the repeat that follows it.
      if (entry.steps[0] === "notify") {
        course.notBefore = performance.now() + course.backoff.next(afterMs);
      }
      const unsure: Unsure = {
        cursor: "",
        began: platformNowAtLeast(),
        ...entry.unsure,
      };
      const settled = await this.#settle(
        this.#replace({ ...entry, unsure }),
        unsure,
        route,
        parts,
      );
      if (settled !== "repeat") return settled;
    } else {
      const { unsure: _, ...sure } = entry;
      this.#replace(sure);
      route.over(sure, parts);
    }
    if (afterMs !== undefined) course.notBefore = performance.now() + afterMs;
    const few = outcome.is === "refused" ||
      (outcome.is === "busy" && entry.steps[0] === "a2a" &&
        !modes.isKnownToPoll(entry.peer));
    const isUpload = entry.steps[0] === "upload";
    const counts = few || (isUpload && outcome.is === "not sent");
    // Only while the platform is in its senses: else the refusal may be its own.
    if (counts && feedIsGood()) course.few++;
    const givesUp = outcome.is === "dead" ||
      (few && course.few >= FEW_TRIES &&
        !(outcome.is === "busy" && await this.#polls(entry.peer)));
    if (isUpload && (givesUp || course.few >= UPLOAD_TRIES)) {
      log.warn("The files of an answer could not be attached; it goes on", {
        row: shortId(entry.row),
        reason: outcome.why,
      });
      return await this.#goesWithout(entry, parts);
    }
    if (givesUp) return await this.#bury(entry, outcome.why, parts);
    if (few) {
      const spreadMs = timing.refusedReplyMs / (FEW_TRIES - 1);
      const waitMs = Math.max(spreadMs, afterMs ?? 0);
      course.notBefore = performance.now() + waitMs; // an outage that ends meanwhile makes it no shorter
      return { afterMs: waitMs, why: outcome.why };
    }
    return { afterMs: course.backoff.next(afterMs), why: outcome.why };
  }

  /** Whether the peer is one that polls: then a busy answer was the platform's own, and passes. */
  async #polls(peer: string): Promise<boolean> {
    const { modes, asking } = this.#options;
    try {
      return await modes.ask(peer, asking) === "polls";
    } catch (error) {
      if (!asking.aborted) throw error;
      return true; // for all that can be told now: nothing is given up because of a stop
    }
  }

  /** Finds out whether an attempt of unknown outcome arrived, or may be repeated without harm. */
  async #settle(
    entry: OutboxEntry,
    unsure: Unsure,
    route: Route,
    parts: readonly Part[],
  ): Promise<Verdict | "repeat"> {
    const { asking } = this.#options;
    const waitMs = Math.max(
      route.settleAfterMs(entry),
      this.#courses.of(entry).notBefore - performance.now(),
    );
    if (waitMs > 0) {
      return {
        afterMs: waitMs,
        why: "the outcome is unknown: looking before it is repeated",
      };
    }
    let settled: Settled;
    try {
      settled = await route.settle(entry, unsure, parts, asking);
    } catch (error) {
      if (!asking.aborted) throw error;
      return { afterMs: 0, why: "the connection is closing" };
    }
    reached("outcome found");
    switch (settled) {
      case "arrived":
        return await this.#delivered(entry, route, parts, true);
      case "perhaps":
        return await this.#delivered(entry, route, parts, false);
      case "ask later":
        return {
          afterMs: this.#courses.of(entry).backoff.next(),
          why: "cannot tell yet whether it arrived",
        };
      case "repeat": {
        const { unsure: _, ...sure } = entry;
        this.#replace(sure);
        return "repeat";
      }
    }
  }

  /** The upload is given up: the answer is shown without its files, in several bubbles where it takes them. */
  async #goesWithout(
    entry: OutboxEntry,
    parts: readonly Part[],
  ): Promise<Verdict> {
    const { journal, routes, workspaceId } = this.#options;
    const bubbles = withoutFiles(workspaceId, entry, parts);
    if (bubbles === undefined) return await this.#uploaded(entry, []);
    routes.notify.over(entry, parts); // an older upload's links may have died while its bubble was tried
    journal.replaceReply(entry, bubbles);
    this.#courses.forget(entry);
    reached("bubbles in outbox");
    await journal.commit();
    reached("bubbles saved");
    return "next step";
  }

  /** The upload is done, or given up where there are no `files`: the bubble is next. */
  async #uploaded(
    entry: OutboxEntry,
    files: readonly UploadedFile[],
  ): Promise<Verdict> {
    const { journal, platformNow } = this.#options;
    this.#replace({
      ...entry,
      steps: entry.steps.slice(1),
      uploaded: { at: platformNow(), files },
    });
    this.#courses.forget(entry); // the bubble has tries of its own
    await journal.commit();
    reached("upload saved");
    return "next step";
  }

  /** The last step is done: the entry is over. */
  async #delivered(
    entry: OutboxEntry,
    route: Route,
    parts: readonly Part[],
    certain: boolean,
  ): Promise<Verdict> {
    const { log, emit } = this.#options;
    if (!certain) {
      log.warn(
        "Whether an answer arrived is unknown; a repeat could be a second message, so there is none",
        {
          row: shortId(entry.row),
          peer: shortId(entry.peer),
        },
      );
    }
    route.over(entry, parts);
    await this.#remove(entry);
    if (entry.goesOn) return "removed";
    emit({
      ...{ type: "delivered", ...who(entry), certain },
      ...(entry.failure ? { failure: true } : {}),
      ...(entry.wait ? { wait: true } : {}),
    });
    return "removed";
  }

  /** Gives an answer up that nobody is trying. */
  async giveUp(entry: OutboxEntry, why: string): Promise<void> {
    const parts = await this.#options.journal.replyParts(entry)
      .catch((error) => {
        if (error instanceof DamagedReplyError) return [];
        throw error;
      });
    await this.#bury(entry, why, parts);
  }

  async #bury(
    entry: OutboxEntry,
    why: string,
    parts: readonly Part[],
  ): Promise<Verdict> {
    const { routes } = this.#options;
    const [step] = entry.steps;
    if (step !== undefined) routes[step].over(entry, parts);
    const tell = await buried(this.#options, entry, why, parts);
    await this.#remove(entry);
    tell();
    return "removed";
  }

  /** What the answer said is gone: whoever waits for it is told so in its place, but where that could be a second answer. */
  async #lost(entry: OutboxEntry, why: string): Promise<Verdict> {
    const { journal, workspaceId } = this.#options;
    const reply = lostReply(workspaceId, entry);
    if (reply === undefined) return await this.#bury(entry, why, []);
    const tell = await buried(this.#options, entry, why, []);
    journal.replaceReply(entry, [reply]);
    this.#courses.forget(entry);
    await journal.commit();
    tell();
    return "next step";
  }

  async #remove(entry: OutboxEntry): Promise<"removed"> {
    const { journal, onRemoved } = this.#options;
    journal.removeReply(entry);
    this.#courses.forget(entry);
    onRemoved();
    reached("entry removed");
    await journal.commit();
    reached("entry removed saved");
    return "removed";
  }
}

function who(entry: OutboxEntry) {
  return { activityId: entry.row, origin: entry.origin, callerId: entry.peer };
}
