/**
 * What was seen of one simulation: each message from its row to its answer. What must never happen is noticed at once;
 * what must have happened in the end is checked by `promises.ts`.
 */
import type { ConnectEvent } from "../../src/connection.ts";
import type { RequestSpec } from "../../src/platform/request.ts";
import type { Life } from "./life.ts";
import { ReceiptWatch } from "./receipt_watch.ts";
import { StopWatch } from "./stop_watch.ts";
import { showEvent } from "./trace_log.ts";
import type { VirtualClock } from "./virtual_clock.ts";
import type { FeedRow } from "./virtual_feed.ts";
import type { Endpoint, SentMessage, WireAnswer } from "./virtual_platform.ts";
import type { Message, Peer } from "./world.ts";

/** A message is tried so often. */
export const MAX_ATTEMPTS = 3;

/** One run of the back end. */
export interface Run {
  readonly life: Life;
  readonly number: number;
  /** `cut`: by our own stop; `hit`: a crash came before its answer was saved. */
  state: "running" | "answered" | "failed" | "overloaded" | "cut" | "hit";
  text: string;
}

/** How a message was finished, as far as the connector's own state says so. */
export interface Finish {
  readonly is: "answer" | "given up" | "stopped";
  /** The answer's text; of a message that was given up, undefined. */
  readonly text: string | undefined;
  readonly at: number;
}

/** A message, and what became of it. */
export interface Tracked {
  readonly message: Message;
  readonly rows: FeedRow[];
  readonly runs: Run[];
  /** Crashes between the moment when an attempt was counted and the moment when its outcome was saved. */
  hits: number;
  finish: Finish | undefined;
  /** The row that was taken in for it last. */
  taken: string | undefined;
  /** Its answer was given up. */
  replyGivenUp: boolean;
  /** The peer has it, under these ids; each in the order of its coming. */
  readonly arrived: { id: string; text: string; at: number }[];
  /** Outcomes of posts to the peer: `unknown` where nobody can tell whether it arrived. */
  readonly posts: { readonly outcome: number | "unknown" | "not sent" }[];
  /** The connector said, or its state does, that it cannot know whether the answer arrived. */
  perhaps: boolean;
}

/** What a process knows. */
interface Memory {
  /** The messages that it took in, in order. */
  readonly taken: Tracked[];
  readonly takenRows: Set<string>;
  /** For each row: the page of the feed that showed it last before it was taken in. */
  readonly pageOf: Map<string, ReadonlySet<string>>;
  /** Pages that came, newest first. */
  readonly pages: ReadonlySet<string>[];
}

/** Everything that was seen. */
export class Ledger {
  readonly violations: string[] = [];
  readonly counts = new Map<string, number>();
  readonly messages = new Map<string, Tracked>();
  readonly bubbles: { readonly text: string; readonly at: number }[] = [];
  readonly requestsByMinute = new Map<number, number>();
  /** What the platform was told last, of what was asked since `forgetBeats()`. */
  lastBeat: Readonly<Record<string, unknown>> = {};
  #beatsSince = 0;
  readonly #receipts = new ReceiptWatch(this);
  readonly stops = new StopWatch(this);
  lastRunFailed = false;
  readonly #clock: VirtualClock;
  readonly #trace: ((line: string) => void) | undefined;
  readonly #byRow = new Map<string, Tracked>();
  readonly #rows = new Map<string, FeedRow>();
  #memory = new WeakMap<Life, Memory>();
  /** Until when a `Retry-After` puts off everything, by the simulation's clock, in ms. */
  #quietUntil = new WeakMap<Life, number>();

  /** Nothing was seen yet. `trace` is told everything. */
  constructor(clock: VirtualClock, trace?: (line: string) => void) {
    this.#clock = clock;
    this.#trace = trace;
  }

  /** Something happened that is worth counting. */
  count(what: string, times = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + times);
  }

  /** Only heartbeats from now on matter. */
  forgetBeats(): void {
    this.lastBeat = {};
    this.#beatsSince = this.#clock.now;
  }

  /** Tells what happens to whoever watches. */
  note(line: () => string): void {
    if (this.#trace === undefined) return;
    this.#trace(
      `${(this.#clock.now / 1_000).toFixed(4).padStart(9)} ${line()}`,
    );
  }

  /** A promise is broken. */
  violate(what: string): void {
    this.violations.push(what);
    this.note(() => `BROKEN PROMISE: ${what}`);
  }

  #memoryOf(life: Life): Memory {
    let memory = this.#memory.get(life);
    if (memory === undefined) {
      memory = {
        taken: [],
        takenRows: new Set(),
        pageOf: new Map(),
        pages: [],
      };
      this.#memory.set(life, memory);
    }
    return memory;
  }

  /** The message that a row is of. */
  ofRow(id: string): Tracked | undefined {
    return this.#byRow.get(id);
  }

  /** A message was written to the feed. */
  sent(message: Message, row: FeedRow): void {
    const tracked: Tracked = this.messages.get(message.messageId) ?? {
      message,
      rows: [],
      runs: [],
      hits: 0,
      finish: undefined,
      taken: undefined,
      replyGivenUp: false,
      arrived: [],
      posts: [],
      perhaps: false,
    };
    if (tracked.rows.length > 0) this.count("messages that came twice");
    if (row.visibleAt > this.#clock.now) this.count("late rows");
    this.messages.set(message.messageId, tracked);
    tracked.rows.push(row);
    this.#byRow.set(row.id, tracked);
    this.#rows.set(row.id, row);
    this.count("messages");
    this.note(() =>
      `sent ${message.name} as row ${short(row.id)}, visible at ${
        (row.visibleAt / 1_000).toFixed(3)
      }`
    );
  }

  /** A request was made. What it returns is to be told the outcome. */
  request(
    endpoint: Endpoint,
    spec: RequestSpec,
    life: Life,
  ): (
    outcome: number | "unknown" | "not sent",
    wire: WireAnswer | undefined,
  ) => void {
    this.count("requests");
    const askedAt = this.#clock.now;
    const minute = Math.floor(this.#clock.now / 60_000);
    const before = this.requestsByMinute.get(minute) ?? 0;
    this.requestsByMinute.set(minute, before + 1);
    const isTooSoon = askedAt < (this.#quietUntil.get(life) ?? 0);
    if (isTooSoon && !life.isStopping) {
      this.violate(`${endpoint} was asked before Retry-After was over`);
    }
    const what = endpoint === "feed"
      ? `feed?${spec.url.split("?")[1]}`
      : endpoint === "a2a"
      ? `a2a ${JSON.stringify(messageOf(spec).metadata.in_reply_to)}`
      : endpoint;
    this.note(() => `  life ${life.number} asks ${what}`);
    const beaten = this.#receipts.request(endpoint, spec, life);
    const tracked = endpoint === "a2a"
      ? this.messages.get(String(messageOf(spec).metadata.in_reply_to))
      : undefined;
    const post: { outcome: number | "unknown" | "not sent" } = {
      outcome: "unknown",
    };
    tracked?.posts.push(post);
    return (outcome, wire) => {
      post.outcome = outcome;
      beaten(outcome === 200);
      this.note(() => `  life ${life.number} is told ${outcome} of ${what}`);
      if (outcome === "unknown") this.count(`unknown outcomes of ${endpoint}`);
      else if (outcome === "not sent") this.count("refused connections");
      else if (outcome >= 400) this.count(`answers ${outcome}`);
      const secs = wire?.retryAfterSecs;
      if (outcome === 429 && endpoint !== "a2a" && secs !== undefined) {
        const ms = Math.max(1, secs) * 1_000;
        const before = this.#quietUntil.get(life) ?? 0;
        this.#quietUntil.set(life, Math.max(before, this.#clock.now + ms));
      }
      const isNewBeat = endpoint === "heartbeat" && askedAt >= this.#beatsSince;
      if (isNewBeat && outcome === 200) {
        this.lastBeat = spec.body as Ledger["lastBeat"];
      }
      if (endpoint === "feed" && wire?.rows !== undefined) {
        this.#memoryOf(life).pages.unshift(new Set(wire.rows));
      }
    };
  }

  /** The connector told something. */
  event(event: ConnectEvent, life: Life): void {
    this.note(() => `  life ${life.number} says ${showEvent(event)}`);
    this.count(`event ${event.type}`);
    if (event.type === "state_damaged") {
      this.violate(`the state is damaged: ${event.reason}`);
      return;
    }
    if (!("activityId" in event)) return;
    this.stops.event(event);
    const tracked = this.#byRow.get(event.activityId);
    if (tracked === undefined) return;
    this.#receipts.event(event, life);
    if (event.type === "message") {
      this.#taken(tracked, event.activityId, life);
    } else if (event.type === "answered") {
      this.finished(tracked, { is: "answer", text: event.text });
    } else if (event.type === "dead_letter") {
      if (tracked.finish === undefined) {
        this.finished(tracked, { is: "given up", text: undefined });
      } else tracked.replyGivenUp = true;
      this.count("dead letters");
    } else if (event.type === "delivered" && !event.certain) {
      tracked.perhaps = true;
      this.count("outcomes that stayed unknown");
    }
  }

  #taken(tracked: Tracked, id: string, life: Life): void {
    const { taken, takenRows, pageOf, pages } = this.#memoryOf(life);
    const { name, conversation } = tracked.message;
    tracked.taken = id;
    if (tracked.finish !== undefined) {
      this.violate(`${name} was taken in again although it was finished`);
    }
    const row = this.#rows.get(id)!;
    const page = pages.find((one) => one.has(id));
    if (page === undefined) {
      this.violate(`${name} was taken in before it was shown`);
      return;
    }
    pageOf.set(id, page);
    for (const other of takenRows) {
      const otherRow = this.#rows.get(other)!;
      if (this.#byRow.get(other)!.message.conversation !== conversation) {
        continue;
      }
      const isEarlier = row.micros < otherRow.micros ||
        (row.micros === otherRow.micros && row.seq < otherRow.seq);
      if (isEarlier && pageOf.get(other)!.has(id)) {
        this.violate(`${name} was taken in after a later row of the same page`);
      }
    }
    takenRows.add(id);
    taken.push(tracked);
  }

  /** The connector's state says that a message is finished. */
  finished(tracked: Tracked, how: Pick<Finish, "is" | "text">): void {
    if (tracked.finish !== undefined) {
      this.violate(`${tracked.message.name} was finished twice`);
    }
    tracked.finish = { ...how, at: this.#clock.now };
  }

  /** A turn begins. */
  runBegins(rowId: string, life: Life, concurrency: number): Run | undefined {
    const tracked = this.#byRow.get(rowId);
    if (tracked === undefined) {
      this.violate(`row ${rowId}, which is no work, reached the back end`);
      return undefined;
    }
    const { message: { name, conversation }, runs } = tracked;
    this.stops.runBegins(tracked);
    if (tracked.finish !== undefined) {
      this.violate(`the back end was asked about ${name}, which was finished`);
    }
    if (tracked.arrived.length > 0) {
      this.violate(
        `the back end was asked about ${name} after it was answered`,
      );
    }
    if (runs.some(({ state }) => state === "answered" || state === "running")) {
      this.violate(`the back end was asked about ${name} again without need`);
    }
    const spent = runs.filter(({ state }) =>
      state === "failed" || state === "hit"
    );
    // Each row of a message that came twice has a count of its own.
    if (spent.length >= MAX_ATTEMPTS && tracked.rows.length === 1) {
      this.violate(`${name} is tried once more after ${spent.length} attempts`);
    }
    for (const earlier of this.#memoryOf(life).taken) {
      if (earlier === tracked) break;
      if (earlier.message.conversation !== conversation) continue;
      const isDone = earlier.finish !== undefined ||
        earlier.runs.some(({ state, life: of }) =>
          state === "answered" && of === life
        );
      if (!isDone) {
        this.violate(
          `${name} began before ${earlier.message.name} of its conversation was finished`,
        );
      }
    }
    const running = this.running(life);
    if (running.length >= concurrency) {
      this.violate(`${running.length + 1} turns run at once`);
    }
    if (
      running.some(({ message }) => message.conversation === conversation)
    ) this.violate(`two turns of one conversation run at once: ${name}`);
    this.count("runs of the back end");
    const run: Run = {
      life,
      number: runs.length + 1,
      state: "running",
      text: "",
    };
    runs.push(run);
    this.note(() => `  life ${life.number} runs ${name}, run ${run.number}`);
    return run;
  }

  /** The messages whose turns run in `life`. */
  running(life: Life): Tracked[] {
    return [...this.messages.values()].filter(({ runs }) => {
      const last = runs.at(-1);
      return last?.life === life && last.state === "running";
    });
  }

  /** The person sees a bubble. */
  bubble(text: string): void {
    this.bubbles.push({ text, at: this.#clock.now });
    this.note(() => `bubble ${JSON.stringify(text.slice(0, 40))}`);
  }

  /** A message reached a peer; `isNew`: it is one message more for it. */
  sentToPeer(peer: Peer, message: SentMessage, isNew: boolean): void {
    const { messageId: id, parts, metadata } = message;
    const text = parts.map((part) => part.text).join("");
    const tracked = this.messages.get(String(metadata.in_reply_to));
    this.note(() =>
      `${isNew ? "" : "again "}to ${peer.name}, for ${tracked?.message.name}: ${
        JSON.stringify(text.slice(0, 40))
      }`
    );
    if (tracked === undefined) {
      this.violate(`an answer to nothing: ${text}`);
      return;
    }
    const { name, conversation } = tracked.message;
    if (
      conversation.peer !== peer ||
      message.contextId !== conversation.contextId
    ) this.violate(`the answer to ${name} went elsewhere`);
    const same = tracked.arrived.find((one) => one.id === id);
    if (same !== undefined && same.text !== text) {
      this.violate(`${name} got another text under the same id`);
    }
    if (!isNew) {
      this.count("repeats that a peer dropped");
      return;
    }
    if (tracked.arrived.length > 0) {
      this.violate(`${name} was answered twice`);
    }
    tracked.arrived.push({ id, text, at: this.#clock.now });
  }
}

function messageOf(spec: RequestSpec): SentMessage {
  return (spec.body as { params: { message: SentMessage } }).params.message;
}

/** Enough of an id for a trace. */
export function short(id: string): string {
  return id.slice(0, 8);
}
