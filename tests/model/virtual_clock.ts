/**
 * Time that passes only when nothing else can run. While it is installed, the timers and clocks of this process are
 * its own: a wait of a minute costs nothing, and which of the timers that are due fires first is drawn from the seed.
 */
import { setImmediate } from "node:timers";
import type { Random } from "./random.ts";

/** When every simulation begins, in ms since 1970. */
const EPOCH_MS = Date.UTC(2026, 0, 5, 9);

/** After each event so many rounds of the real event loop: a commit waits for one, and what it then does may too. */
const ROUNDS = 3;

interface Scheduled {
  readonly at: number;
  /** Among those of one moment the seed decides. */
  readonly turn: number;
  readonly run: () => void;
  /** The id that `clearTimeout` knows it by; 0 where it is the world's own. */
  readonly timer: number;
  gone: boolean;
}

const isBefore = (a: Scheduled, b: Scheduled) =>
  a.at < b.at || (a.at === b.at && a.turn < b.turn);

/** The clock of one simulation. */
export class VirtualClock {
  #now = 0;
  #heap: Scheduled[] = [];
  #timers = new Map<number, Scheduled>();
  #nextTimer = 1;
  readonly #random: Random;
  readonly #chance: Random;

  /** How far this machine's clock is ahead of the platform's, in ms. */
  skewMs = 0;

  /** Begins at 0. */
  constructor(random: Random) {
    this.#random = random;
    this.#chance = random.fork();
  }

  /** Ms since the simulation began. */
  get now(): number {
    return this.#now;
  }

  /** The platform's clock, in ms since 1970. */
  get platformMs(): number {
    return EPOCH_MS + this.#now;
  }

  /** Runs something of the world outside, after a while; a crash of the connector changes nothing about it. */
  after(ms: number, run: () => void): void {
    this.#push({ afterMs: ms, run, timer: 0 });
  }

  /** The process ended: its timers are gone. */
  forgetTimers(): void {
    for (const scheduled of this.#timers.values()) scheduled.gone = true;
    this.#timers.clear();
  }

  /** Jumps to what comes next and lets everything run that follows from it. Returns false where nothing comes. */
  async step(): Promise<boolean> {
    let next: Scheduled | undefined;
    do {
      next = this.#pop();
      if (next === undefined) return false;
    } while (next.gone);
    this.#now = Math.max(this.#now, next.at);
    if (next.timer !== 0) this.#timers.delete(next.timer);
    next.run();
    await this.settle();
    return true;
  }

  /** Lets everything run that can run without time passing. */
  async settle(): Promise<void> {
    for (let round = 0; round < ROUNDS; round++) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #push(given: { afterMs: number; run: () => void; timer: number }): Scheduled {
    const { afterMs, run, timer } = given;
    const scheduled = {
      at: this.#now + Math.max(0, afterMs),
      turn: this.#random.next(),
      run,
      timer,
      gone: false,
    };
    const heap = this.#heap;
    let at = heap.push(scheduled) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(heap[at]!, heap[above]!)) break;
      [heap[at], heap[above]] = [heap[above]!, heap[at]!];
      at = above;
    }
    return scheduled;
  }

  #pop(): Scheduled | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) {
      return top;
    }
    heap[0] = last;
    for (let at = 0;;) {
      let least = at;
      for (const below of [2 * at + 1, 2 * at + 2]) {
        if (below < heap.length && isBefore(heap[below]!, heap[least]!)) {
          least = below;
        }
      }
      if (least === at) return top;
      [heap[at], heap[least]] = [heap[least]!, heap[at]!];
      at = least;
    }
  }

  #setTimeout(run: () => void, ms: number): number {
    const timer = this.#nextTimer++;
    // Timers of one process are often late by a little, and now and then by more.
    const late = this.#random.next() ** 8 * 20;
    const scheduled = this.#push({ afterMs: ms + late, run, timer });
    this.#timers.set(timer, scheduled);
    return timer;
  }

  #clearTimeout(timer: number): void {
    const scheduled = this.#timers.get(timer);
    if (scheduled === undefined) return;
    scheduled.gone = true;
    this.#timers.delete(timer);
  }

  /** Makes this process's clocks, timers and chance the simulation's until what it returns is disposed. */
  install(): Disposable {
    const nowMs = () => Math.floor(EPOCH_MS + this.#now + this.skewMs);
    class VirtualDate extends Date {
      constructor(...given: unknown[]) {
        super(...(given.length === 0 ? [nowMs()] : given) as [number]);
      }
      static override now(): number {
        return nowMs();
      }
    }
    const timers = {
      setTimeout: (run: (...given: unknown[]) => void, ms = 0, ...given: []) =>
        this.#setTimeout(() => run(...given), ms),
      clearTimeout: (timer: number) => this.#clearTimeout(timer),
    };
    const undo = [
      replace(globalThis, { Date: VirtualDate, ...timers }),
      replace(performance, { now: () => this.#now }),
      replace(Math, { random: () => this.#chance.next() }),
      replace(crypto, { randomUUID: () => this.#chance.uuid() }),
    ];
    return {
      [Symbol.dispose]: () => {
        for (const one of undo.reverse()) one();
      },
    };
  }
}

/** Replaces members of an object; what it returns puts the old ones back. */
export function replace(
  object: object,
  members: Readonly<Record<string, unknown>>,
): () => void {
  const before = Object.keys(members).map((name) =>
    [name, Object.getOwnPropertyDescriptor(object, name)] as const
  );
  for (const [name, value] of Object.entries(members)) {
    Object.defineProperty(object, name, {
      value,
      writable: true,
      configurable: true,
    });
  }
  return () => {
    for (const [name, descriptor] of before) {
      if (descriptor === undefined) Reflect.deleteProperty(object, name);
      else Object.defineProperty(object, name, descriptor);
    }
  };
}
