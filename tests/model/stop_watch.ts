/** What becomes of the Stops that people press, in one simulation. */
import type { ConnectEvent } from "../../src/connection.ts";
import { STOPPED_REPLY } from "../../src/delivery/stops.ts";
import type { Ledger, Tracked } from "./ledger.ts";
import type { FeedRow } from "./virtual_feed.ts";

function isNewer(row: FeedRow, stop: FeedRow): boolean {
  return row.micros === stop.micros
    ? row.seq > stop.seq
    : row.micros > stop.micros;
}

/** The Stops of one simulation. */
export class StopWatch {
  readonly #ledger: Ledger;
  /** By row. */
  readonly #pressed = new Map<string, FeedRow>();
  /** Those that a process said it had obeyed. */
  readonly #obeyed = new Set<FeedRow>();
  #told = 0;

  /** Nobody has pressed it. */
  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** A person presses it. */
  pressed(row: FeedRow): void {
    this.#pressed.set(row.id, row);
    this.#ledger.count("Stops");
    this.#ledger.note(() => `Stop is pressed: row ${row.id.slice(0, 8)}`);
  }

  /** Takes what the connector tells of Stops. */
  event(event: ConnectEvent): void {
    if (event.type === "stopped") {
      this.#obeyed.add(this.#pressed.get(event.activityId)!);
      return;
    }
    if (event.type !== "turn_stopped") return;
    const tracked = this.#ledger.ofRow(event.activityId);
    if (tracked === undefined || tracked.finish !== undefined) return;
    this.stopped(tracked);
  }

  /** A message is over because of a Stop. */
  stopped(tracked: Tracked): void {
    this.#ledger.finished(tracked, { is: "stopped", text: undefined });
    if (!this.mayEnd(tracked)) {
      this.#ledger.violate(`${tracked.message.name} was stopped by nobody`);
    }
    // Whether the last outcome that counts is an older failure nobody can tell from here.
    this.#ledger.lastRunFailed = true;
  }

  /** Whether a Stop was pressed that ends this message. */
  mayEnd(tracked: Tracked): boolean {
    return isStoppedBy(tracked, this.#pressed.values());
  }

  /** A turn begins. */
  runBegins(tracked: Tracked): void {
    if (isStoppedBy(tracked, this.#obeyed)) {
      this.#ledger.violate(
        `${tracked.message.name} began after a Stop that came after it`,
      );
    }
  }

  /** Whether a bubble is the word of a Stop. */
  takesBubble(text: string): boolean {
    if (text !== STOPPED_REPLY) return false;
    this.#told++;
    return true;
  }

  /** Checks what can be checked at the end; `givenUp` are rows whose answers were given up. */
  check(givenUp: ReadonlySet<string>): void {
    if (this.#told > this.#pressed.size) {
      this.#ledger.violate(
        `"${STOPPED_REPLY}" was said ${this.#told} times, Stop pressed ${this.#pressed.size} times`,
      );
    }
    const stopped = [...this.#ledger.messages.values()]
      .filter(({ finish }) => finish?.is === "stopped");
    this.#ledger.count("messages that were stopped", stopped.length);
    const isBuried = [...this.#pressed.keys()].some((row) => givenUp.has(row));
    if (stopped.length > 0 && this.#told === 0 && !isBuried) {
      this.#ledger.violate("messages were stopped without a word");
    }
  }
}

function isStoppedBy(
  { message, rows }: Tracked,
  stops: Iterable<FeedRow>,
): boolean {
  if (message.conversation.peer !== undefined) return false;
  return [...stops].some((stop) => rows.every((row) => !isNewer(row, stop)));
}
