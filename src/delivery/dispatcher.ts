/**
 * Which message is handled next: one after the other inside a conversation, up to so many conversations at once, and
 * people first when there is a free slot. Reading never waits for it.
 */
import { MAX_TIMER_MS } from "../duration.ts";
import type { Delivery } from "./delivery.ts";
import type { PeerRate } from "./peer_rate.ts";
import { Run } from "./run.ts";

/** A delivery that is not finished. */
export interface Again {
  /** How long to wait before it runs again, in milliseconds. */
  readonly afterMs: number;
  /** Whether every other conversation waits too: the back end itself is out of order. */
  readonly everybody: boolean;
}

/**
 * Handles one delivery; resolves with undefined when it is finished, and when it was stopped with anything once nothing of
 * it is left. It must not throw for what one message did.
 */
export type Handle = (
  delivery: Delivery,
  run: Run,
) => Promise<Again | undefined>;

interface Lane {
  readonly queue: Delivery[];
  readonly people: boolean;
  running: boolean;
  notBefore: number;
}

/** What a dispatcher needs. */
export interface DispatcherOptions {
  /** How many conversations are handled at once. */
  readonly concurrency: number;
  /** Handles one delivery. */
  readonly run: Handle;
  /** How often a peer's messages may begin. */
  readonly rate: Pick<PeerRate, "readyAt" | "take">;
  /** Whether no turn may begin now: too many answers wait. Whoever makes that untrue calls `poke()`. */
  readonly isHeldBack: () => boolean;
  /** One more delivery is open, or one less. */
  readonly onChange: () => void;
  /** Told of messages that wait because everybody does: those there are when that begins, and each that comes then. */
  readonly onPaused: (waiting: Iterable<Delivery>) => void;
  /** A clock in milliseconds that only rises: one that is set must not make a wait longer. */
  readonly now: () => number;
  /** Told what `run` threw, which is a bug. */
  readonly onFatal: (error: unknown) => void;
}

/** Hands deliveries to the back end. */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  #lanes = new Map<string, Lane>();
  #known = new Map<string, Delivery>();
  #keys = new Set<string>();
  #running = new Map<Promise<void>, { delivery: Delivery; run: Run }>();
  #waiting = 0;
  #waitingBytes = 0;
  #notBefore = -Infinity;
  /** The conversation for whose message everybody waited last; undefined once anything began since. */
  #hit: Lane | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  /** Nothing runs yet. */
  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Deliveries that wait for a turn. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Deliveries that wait or run. */
  get open(): number {
    return this.#known.size;
  }

  /** About how many bytes wait. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Deliveries that run. */
  get running(): number {
    return this.#running.size;
  }

  /** Whether the row waits or runs. */
  has(id: string): boolean {
    return this.#known.has(id);
  }

  /** Whether a message of this (source, messageId) waits or runs. */
  hasKey(key: string): boolean {
    return key !== "" && this.#keys.has(key);
  }

  /** Adds a delivery behind the others of its conversation. */
  add(delivery: Delivery): void {
    const lane = this.#lanes.get(delivery.lane) ??
      {
        queue: [],
        people: delivery.message.origin === "canvas",
        running: false,
        notBefore: -Infinity,
      };
    this.#lanes.set(delivery.lane, lane);
    lane.queue.push(delivery);
    this.#known.set(delivery.id, delivery);
    if (delivery.key !== "") this.#keys.add(delivery.key);
    this.#waiting++;
    this.#waitingBytes += delivery.bytes;
    if (this.#notBefore > this.#options.now()) {
      this.#options.onPaused([delivery]);
    }
    this.#pump();
    this.#options.onChange();
  }

  /** Deliveries that run and were not stopped, then those that wait. */
  *unfinished(): Iterable<Delivery> {
    for (const { delivery, run } of this.#running.values()) {
      if (!run.isStopped) yield delivery;
    }
    yield* this.#queued();
  }

  /**
   * Stops a delivery. One that waits is forgotten; one that runs is told, and its conversation goes on once nothing of it is
   * left. Says which of both it was; undefined where it is too late: its outcome is being saved.
   */
  cancel(delivery: Delivery): "waiting" | "running" | undefined {
    for (const { run, delivery: running } of this.#running.values()) {
      if (running !== delivery) continue;
      if (!run.stop()) return undefined;
      this.#forget(delivery);
      return "running";
    }
    const lane = this.#lanes.get(delivery.lane);
    const at = lane?.queue.indexOf(delivery) ?? -1;
    if (lane === undefined || at === -1) return undefined;
    lane.queue.splice(at, 1);
    this.#waiting--;
    this.#waitingBytes -= delivery.bytes;
    this.#forget(delivery);
    if (lane.queue.length === 0 && !lane.running) {
      this.#lanes.delete(delivery.lane);
    }
    return "waiting";
  }

  /** No delivery begins from now on. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Resolves when nothing runs any more; after `stop()`. */
  async drained(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.keys());
  }

  /** When the lane's next delivery may begin; never while one of them runs, or where there is none. */
  #readyAt(lane: Lane, now: number): number {
    const [next] = lane.queue;
    if (lane.running || next === undefined) return Infinity;
    return Math.max(lane.notBefore, this.#options.rate.readyAt(next, now));
  }

  #next(now: number): Lane | undefined {
    let found: Lane | undefined;
    let last: Lane | undefined;
    // Lanes stand in the order in which they got their first message.
    for (const lane of this.#lanes.values()) {
      if (this.#readyAt(lane, now) > now) continue;
      // Another one shows whether the back end is out of order, or only for this message.
      if (lane === this.#hit) last = lane;
      else if (lane.people) return lane;
      else found ??= lane;
    }
    return found ?? last;
  }

  #pump(): void {
    clearTimeout(this.#timer);
    const now = this.#options.now();
    while (
      !this.#stopped && this.#running.size < this.#options.concurrency &&
      this.#notBefore <= now && !this.#options.isHeldBack()
    ) {
      const lane = this.#next(now);
      if (lane === undefined) break;
      this.#start(lane);
    }
    if (!this.#options.isHeldBack()) this.#wakeLater(now);
  }

  /** Turns that were held back may begin. */
  poke(): void {
    this.#pump();
  }

  #wakeLater(now: number): void {
    if (this.#stopped || this.#running.size >= this.#options.concurrency) {
      return;
    }
    const waits = [...this.#lanes.values()].map((lane) =>
      Math.max(this.#readyAt(lane, now), this.#notBefore) - now
    ).filter((wait) => wait !== Infinity);
    if (waits.length > 0) {
      this.#timer = setTimeout(
        () => this.#pump(),
        Math.min(Math.max(Math.min(...waits), 1), MAX_TIMER_MS),
      );
    }
  }

  #start(lane: Lane): void {
    const delivery = lane.queue.shift()!;
    this.#options.rate.take(delivery, this.#options.now());
    lane.running = true;
    this.#hit = undefined;
    this.#waiting--;
    this.#waitingBytes -= delivery.bytes;
    const run = new Run();
    const turn = this.#options.run(delivery, run).then((again) => {
      if (run.isStopped) return;
      if (again === undefined) {
        this.#forget(delivery);
        return;
      }
      lane.queue.unshift(delivery);
      this.#waiting++;
      this.#waitingBytes += delivery.bytes;
      // A wait that is no number would never end.
      const at = this.#options.now() +
        (Number.isNaN(again.afterMs) ? 0 : again.afterMs);
      if (again.everybody) {
        this.#notBefore = Math.max(this.#notBefore, at);
        this.#hit = lane;
        this.#options.onPaused(this.#queued());
      } else lane.notBefore = at;
    }).catch(this.#options.onFatal).finally(() => {
      this.#running.delete(turn);
      lane.running = false;
      // A lane that goes on takes its place behind the others, so that none of them starves.
      this.#lanes.delete(delivery.lane);
      if (lane.queue.length > 0) this.#lanes.set(delivery.lane, lane);
      this.#pump();
    });
    this.#running.set(turn, { delivery, run });
  }

  /** The deliveries that wait. */
  *#queued(): Iterable<Delivery> {
    for (const lane of this.#lanes.values()) yield* lane.queue;
  }

  #forget(delivery: Delivery): void {
    this.#known.delete(delivery.id);
    this.#keys.delete(delivery.key);
    this.#options.onChange();
  }
}
